// LFM2 and LFM2.5: <|tool_call_start|>[name(key="text", n=3), …]<|tool_call_end|>, Python's
// notation, or a list of call objects where a prompt asks for JSON.
#include <nlohmann/json.hpp>

#include "base/strcat.h"
#include "chat/answer_grammar.h"
#include "chat/call_list.h"
#include "chat/families/list.h"

namespace ridge::chat {
namespace {

constexpr char kLfmCalls[] = "<|tool_call_start|>";
constexpr char kLfmCallsEnd[] = "<|tool_call_end|>";

// What stands inside a list or an object is JSON.
std::string python_of(const nlohmann::ordered_json& value) {
  if (value.is_boolean()) return value ? "True" : "False";
  if (value.is_null()) return "None";
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class LfmFamily : public Family {
 public:
  std::string_view name() const override { return "lfm2"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    CallListMarks marks;
    marks.begin = {kLfmCalls};
    marks.end = {kLfmCallsEnd};
    return std::make_unique<CallListScanner>(std::move(marks), ThinkMarks{}, rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = kLfmCalls;
    notation.open = "[";
    notation.between = ", ";
    notation.end = cat("]", kLfmCallsEnd);
    notation.call = [](const Tool& tool) {
      return grammar::sequence(
          {literal(tool.name + "("), arguments_source(tool, {.keywords = true}), literal(")")});
    };
    return answer_grammar(rules, notation);
  }

  std::string written_call(std::string_view name, std::string_view arguments) const override {
    std::string inside;
    const auto json = nlohmann::ordered_json::parse(arguments, nullptr, false);
    if (json.is_object()) {
      for (const auto& [key, value] : json.items()) {
        append(inside, cat(inside.empty() ? "" : ", ", key, "=", python_of(value)));
      }
    }
    return cat(kLfmCalls, "[", name, "(", inside, ")]", kLfmCallsEnd);
  }
};

}  // namespace

const Family& lfm2_family() {
  static const LfmFamily family;
  return family;
}

}  // namespace ridge::chat
