// What tests of wire formats share: events of a stream taken apart, and JSON with what is random or
// of the day replaced.
#pragma once

#include <string>
#include <vector>

#include "server/json.h"

namespace ridge::server {

struct WireEvent {
  std::string name;  // empty: none
  std::string data;
};

inline std::vector<WireEvent> wire_events(const std::string& stream) {
  std::vector<WireEvent> events;
  size_t at = 0;
  while (at < stream.size()) {
    const size_t end = std::min(stream.find("\n\n", at), stream.size());
    WireEvent event;
    for (size_t line = at; line < end;) {
      const size_t stop = std::min(stream.find('\n', line), end);
      const std::string text = stream.substr(line, stop - line);
      if (text.starts_with("event: ")) event.name = text.substr(7);
      if (text.starts_with("data: ")) event.data = text.substr(6);
      line = stop + 1;
    }
    events.push_back(std::move(event));
    at = end + 2;
  }
  return events;
}

// Ids become "msg_*", times 0 and "now".
inline void scrub(Json& json) {
  if (json.is_structured()) {
    for (auto& [key, value] : json.items()) {
      if ((key == "created" || key == "created_at" || key == "completed_at") && value.is_number()) {
        value = 0;
      } else if (key == "created_at" && value.is_string()) {
        value = "now";
      } else {
        scrub(value);
      }
    }
  } else if (json.is_string()) {
    std::string& text = json.get_ref<std::string&>();
    for (const char* prefix :
         {"chatcmpl-", "cmpl-", "msg_", "toolu_", "call_", "resp_", "rs_", "fc_", "ctc_"}) {
      const std::string start = prefix;
      if (text.size() == start.size() + 24 && text.starts_with(start)) text = start + "*";
    }
  }
}

inline Json scrubbed(const std::string& text) {
  Json json = Json::parse(text);
  scrub(json);
  return json;
}

}  // namespace ridge::server
