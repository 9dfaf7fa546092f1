// Llama 3.x: the whole answer is {"name": …, "parameters": {…}}, after <|python_tag|> or without; a
// further call follows after a semicolon or a line end. Llama 4, and 3.2 where it is asked to,
// write [name(key="text"), …] instead, between <|python_start|> and <|python_end|> or without.
#include "chat/answer_grammar.h"
#include "chat/call_list.h"
#include "chat/families/list.h"
#include "chat/typed_value.h"

namespace ridge::chat {
namespace {

constexpr char kPythonTag[] = "<|python_tag|>";

class LlamaScanner : public CallListScanner {
 public:
  explicit LlamaScanner(const AnswerRules& rules)
      : CallListScanner({{kPythonTag, "<|python_start|>"}, {";", "<|python_end|>"}, {}},
                        ThinkMarks{}, rules),
        rules_(rules),
        looks_for_call_(!rules.tools.empty() && rules.choice != ToolChoice::kNone) {}

 protected:
  // After the tag stands an object, or code that is none of ours.
  bool enters_object(size_t mark) override {
    return mark == 0 || CallListScanner::enters_object(mark);
  }

  bool step_body() override {
    if (!looks_for_call_ || !in_text()) return TaggedJsonScanner::step_body();
    const std::string_view here = rest();
    const size_t blanks = std::min(here.find_first_not_of(" \t\r\n"), here.size());
    if (blanks == here.size() && !at_end()) return false;
    if (blanks < here.size() && here[blanks] == '{') {
      begin_object(here.substr(0, blanks));
      skip(blanks);
      return true;
    }
    if (blanks < here.size() && here[blanks] == '[') {
      PythonCall first;
      first.push(here.substr(blanks + 1));
      const bool named = first.has_name() && find_tool(rules_, first.name());
      if (first.state() == PythonCall::State::kRunning && !first.has_name() && !at_end())
        return false;
      if (named) {
        begin_list(here.substr(0, blanks + 1));
        skip(blanks + 1);
        return true;
      }
    }
    looks_for_call_ = false;  // an answer in words; a call in it has its tag
    return true;
  }

  void after_broken() override { looks_for_call_ = false; }

 private:
  AnswerRules rules_;
  bool looks_for_call_;
};

class LlamaFamily : public Family {
 public:
  std::string_view name() const override { return "llama"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<LlamaScanner>(rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = "{\"name\": ";
    notation.between = "; {\"name\": ";
    notation.call = [](const Tool& tool) {
      return grammar::sequence({literal(json_string(tool.name) + ", \"parameters\": "),
                                arguments_source(tool), literal("}")});
    };
    return answer_grammar(rules, notation);
  }
};

}  // namespace

const Family& llama_family() {
  static const LlamaFamily family;
  return family;
}

}  // namespace ridge::chat
