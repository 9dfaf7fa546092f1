// Qwen3-Coder and Qwen3.5: <tool_call>\n<function=name>\n<parameter=key>\nvalue\n</parameter>\n
// </function>\n</tool_call>. Values are plain text; the tool's schema says which of them are
// strings. Models leave <tool_call> out at times, and write Hermes' JSON inside it.
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/parameter_writer.h"
#include "chat/tagged_json.h"

namespace ridge::chat {
namespace {

class QwenXmlScanner : public TaggedJsonScanner {
 public:
  explicit QwenXmlScanner(const AnswerRules& rules)
      : TaggedJsonScanner({{"<tool_call>", "<function="}, {"</tool_call>"}}, ThinkMarks{}, rules),
        rules_(rules) {}

 protected:
  bool enters_object(size_t mark) override {
    stage_ = mark == 0 ? Stage::kBegin : Stage::kName;
    raw_ = mark == 0 ? "<tool_call>" : "<function=";
    set_own(true);
    return false;
  }

  bool step_own() override {
    switch (stage_) {
      case Stage::kBegin:
        return step_begin();
      case Stage::kName:
        return step_name();
      case Stage::kParameters:
        return step_parameters();
      case Stage::kKey:
        return step_key();
      case Stage::kValue:
        return step_value();
    }
    return false;
  }

  void close(Ending ending) override {
    if (!in_own()) {
      TaggedJsonScanner::close(ending);
    } else if (in_call()) {
      finish_call(false);
      if (ending == Ending::kComplete) count_unparsed();
    } else if (!raw_.empty()) {
      give_up();
    }
  }

 private:
  enum class Stage { kBegin, kName, kParameters, kKey, kValue };

  // Blanks in front of the next word are skipped; true when it begins so, nothing when it may yet.
  std::optional<bool> next_is(std::string_view word) {
    const std::string_view here = rest();
    const size_t blanks = std::min(here.find_first_not_of(" \t\r\n"), here.size());
    const std::string_view next = here.substr(blanks);
    if (next.starts_with(word)) {
      raw_ += here.substr(0, blanks + word.size());
      skip(blanks + word.size());
      return true;
    }
    if (word.starts_with(next) && !at_end()) return std::nullopt;
    return false;
  }

  bool step_begin() {
    const auto function = next_is("<function=");
    if (!function) return false;
    if (*function) {
      stage_ = Stage::kName;
      return true;
    }
    raw_.clear();
    begin_object("<tool_call>");
    return true;
  }

  bool step_name() {
    const size_t end = rest().find_first_of(">\n<");
    if (end == std::string_view::npos) {
      if (rest().size() > kLongestName || at_end()) give_up();
      return rest().size() > kLongestName;
    }
    if (rest()[end] != '>' || end == 0) {
      give_up();
      return true;
    }
    const std::string name(rest().substr(0, end));
    skip(end + 1);
    raw_.clear();
    begin_call(name);
    writer_ = ParameterWriter(find_tool(rules_, name));
    stage_ = Stage::kParameters;
    return true;
  }

  bool step_parameters() {
    const auto parameter = next_is("<parameter=");
    if (!parameter) return false;
    if (*parameter) {
      stage_ = Stage::kKey;
      return true;
    }
    const auto end = next_is("</function>");
    if (!end) return false;
    if (!*end && rest().find_first_not_of(" \t\r\n") == std::string_view::npos) return false;
    if (!*end) count_unparsed();
    finish_call(*end);
    return true;
  }

  bool step_key() {
    const size_t end = rest().find('>');
    if (end == std::string_view::npos) return false;
    writer_.begin(rest().substr(0, end));
    skip(end + 1);
    stage_ = Stage::kValue;
    return true;
  }

  // Some end a value by beginning the next parameter or ending the function.
  bool step_value() {
    static const std::vector<std::string> kEnds = {"</parameter>", "<parameter=", "</function>"};
    const Found found = find(kEnds);
    size_t n = std::min(found.at, rest().size());
    // Where the answer was cut, half a tag is no part of the value.
    const bool cut = at_end() && found.at == std::string_view::npos;
    if (cut) n = std::min(n, find_beginning(kEnds));
    arguments(writer_.value(rest().substr(0, n)));
    skip(n);
    if (found.at == std::string_view::npos || found.partial) return false;
    arguments(writer_.end());
    if (found.mark == 0) skip(kEnds[0].size());
    stage_ = Stage::kParameters;
    return true;
  }

  void finish_call(bool whole) {
    arguments(writer_.close());
    end_call(whole);
    raw_.clear();
    set_own(false);
    if (whole) end_of_call();
  }

  void give_up() {
    count_unparsed();
    text(Event::Kind::kContent, std::exchange(raw_, {}));
    set_own(false);
  }

  static constexpr size_t kLongestName = 256;

  AnswerRules rules_;
  Stage stage_ = Stage::kBegin;
  std::string raw_;
  ParameterWriter writer_{nullptr};
};

class QwenXmlFamily : public Family {
 public:
  std::string_view name() const override { return "qwen-xml"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<QwenXmlScanner>(rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation notation;
    notation.begin = "<tool_call>";
    notation.between = "\n<tool_call>";
    notation.call = [](const Tool& tool) {
      return grammar::sequence({literal("\n<function=" + tool.name + ">\n"),
                                arguments_source(tool, grammar::Notation::kQwenXml),
                                literal("</function>\n</tool_call>")});
    };
    return answer_grammar(rules, notation);
  }
};

}  // namespace

const Family& qwen_xml_family() {
  static const QwenXmlFamily family;
  return family;
}

}  // namespace ridge::chat
