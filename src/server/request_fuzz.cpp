// Bodies of any bytes to every route that takes one, through the real readers, over a generator
// that plays back a script. Each request gets exactly one answer, whole or as a stream that ends;
// what is JSON is well-formed, and none is a 5xx: whatever a body says, the fault is the client's.
// An input is the path, a line's end and the body; an even length is answered plainly, an odd one
// with reasoning, a call and log probabilities.
#include <cstddef>
#include <cstdint>
#include <string>

#include "support/fake_generator.h"

namespace {

using namespace ridge::server;  // NOLINT(google-build-using-namespace)

FakeScript call_script() {
  FakeScript script;
  script.steps = {
      {.events = {reasoning("Let me \xf0\x9f\x99\x82 see."), content("I ask.")},
       .tokens = {{.text = "I", .logprob = -1, .top = {{"I", -1}, {"\xff", -2}}}}},
      {.events = {call_begin(0, "f"), arguments(0, "{\"input\":"), arguments(0, "1}"), call_end(0)},
       .tokens = {}}};
  script.end.finish = ridge::FinishReason::kStop;
  script.end.stop = "END";
  return script;
}

FakeScript plain_script() {
  FakeScript script;
  script.steps = {{.events = {content("Hello")}, .tokens = {}}};
  script.end.finish = ridge::FinishReason::kLength;
  return script;
}

bool takes_body(const std::string& path) {
  for (const Route& route : routes()) {
    if (route.method == "POST" && route.path == path) return true;
  }
  return false;
}

bool is_whole(const HttpReply& reply) {
  return reply.status >= 200 && reply.status < 500 && Json::accept(reply.body);
}

// Every event, or line of JSON, is there to its end.
bool is_whole(const StreamHead& head, const std::string& stream) {
  return stream.ends_with(head.content_type == "text/event-stream" ? "\n\n" : "\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\n');
  if (end == std::string::npos || !takes_body(input.substr(0, end))) return 0;
  FakeServer server;
  server.generator.script = size % 2 == 0 ? plain_script() : call_script();
  const auto answer = server.ask("POST", input.substr(0, end), input.substr(end + 1));
  if (answer->heads.size() + answer->replies.size() != 1) __builtin_trap();
  if (answer->n_finished != int(answer->heads.size())) __builtin_trap();
  for (const HttpReply& reply : answer->replies) {
    if (!is_whole(reply)) __builtin_trap();
  }
  for (const StreamHead& head : answer->heads) {
    if (!is_whole(head, answer->stream)) __builtin_trap();
  }
  return 0;
}
