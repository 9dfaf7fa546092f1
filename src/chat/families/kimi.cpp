// Kimi K2:
// <|tool_calls_section_begin|><|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>
// {…}<|tool_call_end|><|tool_calls_section_end|>. What stands in front of the arguments is the
// call's id, which the answer to it repeats.
#include "base/strcat.h"
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/named_json.h"

namespace ridge::chat {
namespace {

constexpr char kKimiCalls[] = "<|tool_calls_section_begin|>";
constexpr char kKimiCallsEnd[] = "<|tool_calls_section_end|>";
constexpr char kKimiCall[] = "<|tool_call_begin|>";
constexpr char kKimiArguments[] = "<|tool_call_argument_begin|>";
constexpr char kKimiCallEnd[] = "<|tool_call_end|>";
constexpr std::string_view kNamespace = "functions.";

class KimiScanner : public NamedJsonScanner {
 public:
  explicit KimiScanner(const AnswerRules& rules)
      : NamedJsonScanner(
            {{kKimiCalls}, {kKimiCall}, {kKimiArguments}, {kKimiCallEnd, kKimiCallsEnd}, {}},
            ThinkMarks{}, rules) {}

 protected:
  void read_header(std::string_view header, std::string& name, std::string& id) const override {
    NamedJsonScanner::read_header(header, id, name);
    const std::string_view whole = id;
    const size_t begin = whole.starts_with(kNamespace) ? kNamespace.size() : 0;
    const size_t colon = whole.rfind(':');
    name = whole.substr(begin, colon == std::string_view::npos ? colon : colon - begin);
  }
};

class KimiFamily : public Family {
 public:
  std::string_view name() const override { return "kimi"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<KimiScanner>(rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = cat(kKimiCalls, kKimiCall);
    notation.between = kKimiCall;
    notation.end = kKimiCallsEnd;
    notation.call = [](const Tool& tool) {
      return grammar::sequence({literal(cat(kNamespace, tool.name, ":")),
                                grammar::Regex{"[0-9]{1,3}"}, literal(kKimiArguments),
                                arguments_source(tool), literal(kKimiCallEnd)});
    };
    return answer_grammar(rules, notation);
  }

  std::string written_call(std::string_view name, std::string_view arguments) const override {
    return cat(kKimiCalls, kKimiCall, kNamespace, name, ":0", kKimiArguments, arguments,
               kKimiCallEnd, kKimiCallsEnd);
  }
};

}  // namespace

const Family& kimi_family() {
  static const KimiFamily family;
  return family;
}

}  // namespace ridge::chat
