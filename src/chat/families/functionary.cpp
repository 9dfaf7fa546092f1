// Functionary 3.1, and Llama 3.1 where it is asked to: <function=name>{…}</function>, any number of
// them.
#include "base/strcat.h"
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/named_json.h"

namespace ridge::chat {
namespace {

constexpr char kFunction[] = "<function=";
constexpr char kFunctionEnd[] = "</function>";

class FunctionaryFamily : public Family {
 public:
  std::string_view name() const override { return "functionary"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<NamedJsonScanner>(
        NamedJsonMarks{{kFunction}, {}, {">"}, {kFunctionEnd}, {}}, ThinkMarks{}, rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = notation.between = kFunction;
    notation.call = [](const Tool& tool) {
      return grammar::sequence(
          {literal(tool.name + ">"), arguments_source(tool), literal(kFunctionEnd)});
    };
    return answer_grammar(rules, notation);
  }

  std::string written_call(std::string_view name, std::string_view arguments) const override {
    return cat(kFunction, name, ">", arguments, kFunctionEnd);
  }
};

}  // namespace

const Family& functionary_family() {
  static const FunctionaryFamily family;
  return family;
}

}  // namespace ridge::chat
