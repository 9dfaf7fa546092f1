// gpt-oss: messages on channels, <|channel|>NAME …<|message|>text<|end|>. `analysis` is reasoning,
// `final` and `commentary` are content, a message to=functions.NAME is a call. The prompt ends
// after
// <|start|>assistant.
#include "chat/answer_grammar.h"
#include "chat/answer_scanner.h"
#include "chat/families/list.h"
#include "chat/json_reader.h"

namespace ridge::chat {
namespace {

constexpr char kMessage[] = "<|message|>";
constexpr std::string_view kFunctions = "functions.";

const std::vector<std::string>& message_ends() {
  static const std::vector<std::string> ends = {"<|end|>", "<|call|>", "<|return|>", "<|start|>",
                                                "<|channel|>"};
  return ends;
}

// The word after `mark`, up to a blank or the next mark.
std::string_view word_after(std::string_view header, std::string_view mark) {
  const size_t at = header.find(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = header.substr(at + mark.size());
  return rest.substr(0, rest.find_first_of(" <\n"));
}

class HarmonyScanner : public AnswerScanner {
 public:
  explicit HarmonyScanner(const AnswerRules& rules)
      : parses_calls_(!rules.tools.empty() && rules.choice != ToolChoice::kNone) {}

 protected:
  bool step() override {
    switch (stage_) {
      case Stage::kBegin:
        return step_begin();
      case Stage::kHeader:
        return step_header();
      case Stage::kText:
        return step_text();
      case Stage::kArguments:
        return step_arguments();
      case Stage::kAfterArguments:
        return step_after_arguments();
    }
    return false;
  }

  void close(Ending ending) override {
    if (!in_call()) return;
    if (ending == Ending::kComplete) count_unparsed();
    finish_call(false);
  }

 private:
  enum class Stage { kBegin, kHeader, kText, kArguments, kAfterArguments };

  // An answer that begins with anything but a header is text.
  bool step_begin() {
    static const std::vector<std::string> kBegins = {"<|channel|>", "<|start|>", " to=", "to="};
    const std::string_view here = rest();
    bool may_be = here.empty();
    for (const std::string& begin : kBegins) {
      if (here.starts_with(begin)) {
        stage_ = Stage::kHeader;
        return true;
      }
      may_be = may_be || begin.starts_with(here);
    }
    if (may_be && !at_end()) return false;
    if (here.empty()) return false;
    stage_ = Stage::kText;
    return true;
  }

  bool step_header() {
    const size_t end = rest().find(kMessage);
    if (end == std::string_view::npos) {
      if (rest().size() <= kLongestHeader && !at_end()) return false;
      if (at_end()) {  // a header that was cut says nothing
        skip(rest().size());
        return false;
      }
      kind_ = Event::Kind::kContent;
      stage_ = Stage::kText;
      text(kind_, rest().substr(0, 1));  // else the mark it begins with would make it one again
      skip(1);
      return true;
    }
    const std::string header(rest().substr(0, end));
    skip(end + sizeof(kMessage) - 1);
    begin_message(header);
    return true;
  }

  void begin_message(const std::string& header) {
    const std::string_view channel = word_after(header, "<|channel|>");
    std::string_view recipient = word_after(header, "to=");
    stage_ = Stage::kText;
    kind_ = channel == "analysis" ? Event::Kind::kReasoning : Event::Kind::kContent;
    drop_blanks();
    trim_next();
    if (recipient.empty() || !parses_calls_) return;
    if (recipient.starts_with(kFunctions)) recipient.remove_prefix(kFunctions.size());
    begin_call(recipient);
    arguments_ = JsonReader();
    stage_ = Stage::kArguments;
  }

  bool step_text() {
    const auto mark = text_until(kind_, message_ends());
    if (!mark) return false;
    if (*mark == kChannel) unread(message_ends()[kChannel].size());  // the header needs it
    stage_ = Stage::kHeader;
    return true;
  }

  bool step_arguments() {
    if (rest().empty()) return false;
    const size_t first = rest().find_first_not_of(" \t\r\n");
    if (!arguments_.has_begun() && first != std::string_view::npos && rest()[first] != '{') {
      count_unparsed();
      finish_call(false);
      kind_ = Event::Kind::kContent;
      stage_ = Stage::kText;
      return true;
    }
    skip(arguments_.push(rest()));
    arguments(arguments_.take());
    if (arguments_.state() == JsonReader::State::kRunning) return false;
    const bool whole = arguments_.state() == JsonReader::State::kDone;
    if (!whole) count_unparsed();
    finish_call(whole);
    kind_ = Event::Kind::kContent;
    stage_ = whole ? Stage::kAfterArguments : Stage::kText;
    return true;
  }

  // Blanks and the end of the message.
  bool step_after_arguments() {
    skip_space();
    if (rest().empty()) return false;
    stage_ = Stage::kText;
    return true;
  }

  void finish_call(bool whole) {
    std::string last = arguments_.close();
    if (!arguments_.has_begun()) last = "{}";
    arguments(last);
    end_call(whole);
  }

  static constexpr size_t kLongestHeader = 512;
  static constexpr size_t kChannel = 4;  // in message_ends()

  bool parses_calls_;
  Stage stage_ = Stage::kBegin;
  Event::Kind kind_ = Event::Kind::kContent;
  JsonReader arguments_;
};

class HarmonyFamily : public Family {
 public:
  std::string_view name() const override { return "harmony"; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    return std::make_unique<HarmonyScanner>(rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    const bool may_call = !rules.tools.empty() && rules.choice != ToolChoice::kNone;
    if (!may_call && !rules.format) return std::nullopt;
    const grammar::Source final_message = grammar::sequence(
        {literal("<|channel|>final<|message|>"), rules.format.value_or(grammar::FreeText{})});
    if (!may_call) return after_analysis(final_message);
    AnswerRules calls = rules;
    calls.format.reset();
    calls.prompt_end.clear();
    calls.reasons = false;
    calls.parallel = ParallelCalls::kOneAtMost;  // a call ends the answer
    if (rules.format) calls.choice = ToolChoice::kRequired;
    const auto call = answer_grammar(calls, notation());
    if (rules.format && rules.choice == ToolChoice::kAuto) {
      return after_analysis(grammar::any_of({final_message, *call}));
    }
    return rules.choice == ToolChoice::kAuto ? *call : after_analysis(*call);
  }

 private:
  static CallNotation notation() {
    CallNotation out;
    out.begin = "<|channel|>commentary to=functions.";
    out.call = [](const Tool& tool) {
      return grammar::sequence(
          {literal(tool.name), grammar::Regex{" ?"}, grammar::optional(literal("<|constrain|>")),
           grammar::Regex{"(json)?"}, literal(kMessage), arguments_source(tool)});
    };
    return out;
  }

  static grammar::Source after_analysis(grammar::Source message) {
    const grammar::Source analysis =
        grammar::sequence({literal("<|channel|>analysis<|message|>"),
                           grammar::FreeText{{"<|end|>"}}, literal("<|end|><|start|>assistant")});
    return grammar::sequence({grammar::optional(analysis), std::move(message)});
  }
};

}  // namespace

const Family& harmony_family() {
  static const HarmonyFamily family;
  return family;
}

}  // namespace ridge::chat
