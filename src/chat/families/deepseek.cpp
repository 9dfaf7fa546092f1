// DeepSeek with its own tokens: V3.1 writes NAME, a separator and {…}; V3 and R1 write "function",
// the separator, NAME and {…} in a fenced block.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/named_json.h"

namespace ridge::chat {
namespace {

constexpr char kCalls[] = "<｜tool▁calls▁begin｜>";
constexpr char kCallsEnd[] = "<｜tool▁calls▁end｜>";
constexpr char kCall[] = "<｜tool▁call▁begin｜>";
constexpr char kCallEnd[] = "<｜tool▁call▁end｜>";
constexpr char kSeparator[] = "<｜tool▁sep｜>";

class DeepseekScanner : public NamedJsonScanner {
 public:
  explicit DeepseekScanner(const AnswerRules& rules)
      : NamedJsonScanner({{kCalls}, {kCall}, {"{"}, {"```", kCallEnd, kCallsEnd}, {}}, ThinkMarks{},
                         rules) {}

 protected:
  // NAME sep, or function sep NAME \n```json\n.
  void read_header(std::string_view header, std::string& name, std::string& id) const override {
    const size_t at = header.find(kSeparator);
    const std::string_view before = header.substr(0, at);
    std::string_view after;
    if (at != std::string_view::npos) after = header.substr(at + sizeof(kSeparator) - 1);
    after = after.substr(0, after.find("```"));
    NamedJsonScanner::read_header(before == "function" ? after : before, name, id);
  }
};

class DeepseekFamily : public Family {
 public:
  enum class Form { kNamed, kFenced };
  explicit DeepseekFamily(Form form) : form_(form) {}
  std::string_view name() const override {
    return form_ == Form::kNamed ? "deepseek" : "deepseek-r1";
  }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<DeepseekScanner>(rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    const bool fenced = form_ == Form::kFenced;
    notation.begin = kCalls;
    notation.begin += kCall;
    notation.between = cat(fenced ? "\n" : "", kCall);
    notation.end = kCallsEnd;
    notation.call = [fenced](const Tool& tool) {
      const std::string header = fenced ? cat("function", kSeparator, tool.name, "\n```json\n")
                                        : cat(tool.name, kSeparator);
      return grammar::sequence(
          {literal(header), arguments_source(tool), literal(cat(fenced ? "\n```" : "", kCallEnd))});
    };
    return answer_grammar(rules, notation);
  }

  std::string written_call(std::string_view name, std::string_view arguments) const override {
    const bool fenced = form_ == Form::kFenced;
    const std::string call =
        fenced ? cat("function", kSeparator, name, "\n```json\n", arguments, "\n```")
               : cat(name, kSeparator, arguments);
    return cat(kCalls, kCall, call, kCallEnd, kCallsEnd);
  }

 private:
  Form form_;
};

}  // namespace

const Family& deepseek_family() {
  static const DeepseekFamily family(DeepseekFamily::Form::kNamed);
  return family;
}

const Family& deepseek_r1_family() {
  static const DeepseekFamily family(DeepseekFamily::Form::kFenced);
  return family;
}

}  // namespace ridge::chat
