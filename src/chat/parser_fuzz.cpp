// Answers of any bytes, in any pieces, through every family: nothing throws, and the arguments of
// every call are valid JSON. The first byte chooses the family, the second how the text is split.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "chat/family.h"

namespace {

using namespace ridge::chat;  // NOLINT(google-build-using-namespace)

AnswerRules rules() {
  AnswerRules out;
  out.tools.push_back(
      {"f", "", R"({"properties":{"s":{"type":"string"},"n":{"type":"integer"},"e":{}}})", false});
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  static const AnswerRules all = rules();
  static const auto names = family_names();
  const Family& family = *find_family(names[data[0] % names.size()]);
  const size_t piece = 1 + data[1] % 17;
  const auto parser = family.parser(all);
  std::string_view text(reinterpret_cast<const char*>(data + 2), size - 2);
  ParsedAnswer answer;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    for (const Event& event : parser->push(text.substr(0, piece))) add(event, answer);
  }
  for (const Event& event : parser->finish(data[1] % 2 ? Ending::kCut : Ending::kComplete)) {
    add(event, answer);
  }
  for (const auto& call : answer.calls) {
    if (!nlohmann::json::accept(call.arguments)) __builtin_trap();
  }
  return 0;
}
