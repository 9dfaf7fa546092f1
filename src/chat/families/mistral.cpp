// Mistral: [TOOL_CALLS] with a list of objects (Nemo, v3 tokenizers), or name[CALL_ID]id[ARGS]{…}
// for each call (Small 3.2, Devstral, Ministral 3). Ids have nine letters.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/named_json.h"
#include "chat/typed_value.h"

namespace ridge::chat {
namespace {

const ThinkMarks kThink = {"[THINK]", "[/THINK]"};

class MistralScanner : public NamedJsonScanner {
 public:
  explicit MistralScanner(const AnswerRules& rules)
      : NamedJsonScanner({{"[TOOL_CALLS]"}, {}, {"[ARGS]", "{"}, {}, {}}, kThink, rules) {}

 protected:
  bool takes_list() const override { return true; }

  void read_header(std::string_view header, std::string& name, std::string& id) const override {
    constexpr std::string_view kId = "[CALL_ID]";
    const size_t at = header.find(kId);
    NamedJsonScanner::read_header(header.substr(0, at), name, id);
    if (at != std::string_view::npos) id = header.substr(at + kId.size());
  }
};

class MistralFamily : public Family {
 public:
  enum class Form { kList, kNamed };
  explicit MistralFamily(Form form) : form_(form) {}
  std::string_view name() const override {
    return form_ == Form::kList ? "mistral-list" : "mistral";
  }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<MistralScanner>(rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.think = kThink;
    const bool list = form_ == Form::kList;
    notation.begin = list ? "[TOOL_CALLS][" : "[TOOL_CALLS]";
    notation.between = list ? ", " : "[TOOL_CALLS]";
    notation.end = list ? "]" : "";
    notation.call = [list](const Tool& tool) {
      if (!list) return grammar::sequence({literal(tool.name + "[ARGS]"), arguments_source(tool)});
      return grammar::sequence(
          {literal("{\"name\": " + json_string(tool.name) + ", \"arguments\": "),
           arguments_source(tool), literal(", \"id\": \""), grammar::Regex{"[a-zA-Z0-9]{9}"},
           literal("\"}")});
    };
    return answer_grammar(rules, notation);
  }

 private:
  Form form_;
};

}  // namespace

const Family& mistral_family() {
  static const MistralFamily family(MistralFamily::Form::kNamed);
  return family;
}

const Family& mistral_list_family() {
  static const MistralFamily family(MistralFamily::Form::kList);
  return family;
}

}  // namespace ridge::chat
