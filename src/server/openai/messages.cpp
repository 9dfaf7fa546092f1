#include "server/openai/messages.h"

#include <algorithm>
#include <array>

#include "base/quote.h"
#include "server/fields.h"
#include "server/problem.h"

namespace ridge::server {
namespace {

constexpr std::array<std::string_view, 5> kRoles{"system", "developer", "user", "assistant",
                                                 "tool"};

bool is_text_part(std::string_view type) {
  return type == "text" || type == "input_text" || type == "output_text" || type == "refusal" ||
         type == "reasoning_text" || type == "summary_text";
}

chat::ToolCall call_from(const Json& call, const std::string& where) {
  Fields fields(call, where);
  chat::ToolCall out{.id = fields.string("id").value_or("")};
  Fields function(fields.required("function"), where + ".function");
  out.name = function.required_string("name");
  if (const Json* arguments = function.find("arguments")) {
    out.arguments = arguments->is_string() ? arguments->get<std::string>() : dump(*arguments);
  }
  return out;
}

}  // namespace

std::string text_content(const Json& content, const std::string& where, Pictures pictures,
                         std::vector<std::string>& notes) {
  if (content.is_null()) return {};
  if (content.is_string()) return content.get<std::string>();
  if (!content.is_array()) {
    refuse_field(where,
                 cat("a text or a list of parts is wanted, and this is ", describe(content)));
  }
  std::string text;
  for (size_t i = 0; i < content.size(); ++i) {
    const std::string place = cat(where, "[", i, "]");
    if (content[i].is_string()) {
      append(text, content[i].get<std::string>());
      continue;
    }
    Fields part(content[i], place);
    const std::string type = part.required_string("type");
    if (is_text_part(type)) {
      append(text, part.string(type == "refusal" ? "refusal" : "text").value_or(""));
    } else if (pictures == Pictures::kReplaced) {
      append(text, cat("[", type, " omitted: this model reads text only]"));
      notes.push_back(cat(place, " of type ", in_quotes(type, 32), " replaced by words"));
    } else {
      refuse_field(place,
                   cat("this model reads text only, and this part is of type ", in_quotes(type)));
    }
  }
  return text;
}

chat::Message chat_message(const Json& message, const std::string& where,
                           std::vector<std::string>& notes) {
  Fields fields(message, where);
  chat::Message out{.role = fields.required_string("role")};
  if (out.role == "function") out.role = "tool";
  if (std::find(kRoles.begin(), kRoles.end(), out.role) == kRoles.end()) {
    refuse_field(fields.path("role"),
                 cat("system, developer, user, assistant or tool is wanted, and this is ",
                     in_quotes(out.role)));
  }
  const Json* content = fields.find("content");
  const bool is_tool = out.role == "tool";
  if (content != nullptr) {
    out.content = text_content(*content, fields.path("content"),
                               is_tool ? Pictures::kReplaced : Pictures::kRefused, notes);
  } else if (out.role != "assistant") {
    refuse_field(fields.path("content"), "it is required");
  }
  if (out.role == "assistant") {
    out.reasoning = fields.string("reasoning_content").value_or("");
    if (out.reasoning.empty()) out.reasoning = fields.string("reasoning").value_or("");
    if (const Json* calls = fields.find("tool_calls")) {
      if (!calls->is_array()) refuse_field(fields.path("tool_calls"), "a list is wanted");
      for (size_t i = 0; i < calls->size(); ++i) {
        out.calls.push_back(call_from((*calls)[i], cat(fields.path("tool_calls"), "[", i, "]")));
      }
    }
  }
  if (is_tool) {
    out.call_id = fields.string("tool_call_id").value_or("");
    out.tool_name = fields.string("name").value_or("");
  }
  return out;
}

}  // namespace ridge::server
