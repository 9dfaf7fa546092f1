// Calls as a list of objects behind a mark, [{"name": …, "arguments": {…}}, …], a row each: some
// without brackets, GigaChat's one at a time. A row says what its model's template writes.
#include "base/strcat.h"
#include "chat/answer_grammar.h"
#include "chat/call_list.h"
#include "chat/families/list.h"
#include "chat/typed_value.h"

namespace ridge::chat {
namespace {

struct ListedNotation {
  std::string_view name;
  std::vector<std::string> marks;  // announce a list; the first is what a grammar has
  std::string_view open = "[", between = ", ", close = "]";
  std::string_view end;        // after the list
  std::string_view before_id;  // a number follows; empty: no call has one
  std::string_view before_name = "{\"name\": ";
  std::string_view before_arguments = ", \"arguments\": ";
  std::string_view after_arguments = "}";
  CallObject::Form form = CallObject::Form::kMembers;
  ParallelCalls parallel = ParallelCalls::kAllowed;
  ThinkMarks think;
  std::vector<std::string> content, content_end;  // one of each around words, left out
};

grammar::Source maybe_one_of(const std::vector<std::string>& texts) {
  std::vector<grammar::Source> ways;
  for (const std::string& text : texts) ways.push_back(literal(text));
  return grammar::optional(grammar::any_of(std::move(ways)));
}

class ListedFamily : public Family {
 public:
  explicit ListedFamily(ListedNotation notation) : notation_(std::move(notation)) {}
  std::string_view name() const override { return notation_.name; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    CallListMarks marks;
    marks.begin = notation_.marks;
    if (!notation_.end.empty()) marks.end = {std::string(notation_.end)};
    marks.passed = notation_.content;
    marks.passed.insert(marks.passed.end(), notation_.content_end.begin(),
                        notation_.content_end.end());
    marks.form = notation_.form;
    return std::make_unique<CallListScanner>(std::move(marks), notation_.think, rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    CallNotation calls;
    calls.begin = notation_.marks[0];
    calls.open = notation_.open;
    calls.between = notation_.between;
    calls.end = cat(notation_.close, notation_.end);
    calls.think = notation_.think;
    calls.call = [this](const Tool& tool) { return call_source(tool); };
    AnswerRules own = rules;
    if (notation_.parallel == ParallelCalls::kOneAtMost) own.parallel = notation_.parallel;
    if (rules.format && !notation_.content.empty()) {
      own.format = grammar::sequence(
          {maybe_one_of(notation_.content), *rules.format, maybe_one_of(notation_.content_end)});
    }
    return answer_grammar(own, calls);
  }

  std::string written_call(std::string_view name, std::string_view arguments) const override {
    const std::string id = notation_.before_id.empty() ? "" : cat(notation_.before_id, "0");
    return cat(notation_.marks[0], notation_.open, id, before_arguments(name), arguments,
               notation_.after_arguments, notation_.close, notation_.end);
  }

 private:
  std::string before_arguments(std::string_view name) const {
    return cat(notation_.before_name, json_string(name), notation_.before_arguments);
  }

  grammar::Source call_source(const Tool& tool) const {
    std::vector<grammar::Source> parts;
    if (!notation_.before_id.empty()) {
      parts = {literal(std::string(notation_.before_id)), grammar::Regex{"[0-9]{1,4}"}};
    }
    parts.push_back(literal(before_arguments(tool.name)));
    parts.push_back(arguments_source(tool));
    parts.push_back(literal(std::string(notation_.after_arguments)));
    return grammar::sequence(std::move(parts));
  }

  ListedNotation notation_;
};

}  // namespace

const Family& apertus_family() {
  static const ListedFamily family({.name = "apertus",
                                    .marks = {"<|tools_prefix|>"},
                                    .end = "<|tools_suffix|>",
                                    .before_name = "{",
                                    .before_arguments = ": ",
                                    .form = CallObject::Form::kByName,
                                    .think = {"<|inner_prefix|>", "<|inner_suffix|>"}});
  return family;
}

const Family& apriel_family() {
  static const ListedFamily family(
      {.name = "apriel",
       .marks = {"<tool_calls>"},
       .end = "</tool_calls>",
       .think = {"Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"},
       .content_end = {"[END FINAL RESPONSE]"}});
  return family;
}

const Family& cohere_family() {
  static const ListedFamily family({.name = "cohere",
                                    .marks = {"<|START_ACTION|>"},
                                    .open = "[\n",
                                    .between = ",\n",
                                    .close = "\n]",
                                    .end = "<|END_ACTION|>",
                                    .before_id = "    {\"tool_call_id\": \"",
                                    .before_name = "\", \"tool_name\": ",
                                    .before_arguments = ", \"parameters\": ",
                                    .think = {"<|START_THINKING|>", "<|END_THINKING|>"},
                                    .content = {"<|START_RESPONSE|>", "<|START_TEXT|>"},
                                    .content_end = {"<|END_RESPONSE|>", "<|END_TEXT|>"}});
  return family;
}

const Family& command_r_family() {
  static const ListedFamily family({.name = "command-r",
                                    .marks = {"Action:\n```json", "Action: ```json"},
                                    .open = "\n[\n",
                                    .between = ",\n",
                                    .close = "\n]",
                                    .end = "```",
                                    .before_name = "    {\n        \"tool_name\": ",
                                    .before_arguments = ",\n        \"parameters\": ",
                                    .after_arguments = "\n    }"});
  return family;
}

const Family& firefunction_family() {
  static const ListedFamily family({.name = "firefunction", .marks = {"functools["}, .open = ""});
  return family;
}

const Family& gigachat_family() {
  static const ListedFamily family({.name = "gigachat",
                                    .marks = {"<|function_call|>"},
                                    .open = "",
                                    .close = "",
                                    .parallel = ParallelCalls::kOneAtMost});
  return family;
}

// A message of its own, after that of the assistant.
const Family& gigachat_message_family() {
  static const ListedFamily family(
      {.name = "gigachat-message",
       .marks = {"<|message_sep|>\n\nfunction call<|role_sep|>\n", "function call<|role_sep|>\n"},
       .open = "",
       .close = "",
       .parallel = ParallelCalls::kOneAtMost,
       .content_end = {"<|message_sep|>\n\n", "<|message_sep|>"}});
  return family;
}

const Family& granite_family() {
  static const ListedFamily family({.name = "granite", .marks = {"<|tool_call|>"}});
  return family;
}

const Family& minimax_m1_family() {
  static const ListedFamily family({.name = "minimax-m1",
                                    .marks = {"<tool_calls>"},
                                    .open = "\n",
                                    .between = "\n",
                                    .close = "\n",
                                    .end = "</tool_calls>"});
  return family;
}

const Family& nemotron_family() {
  static const ListedFamily family(
      {.name = "nemotron", .marks = {"<TOOLCALL>"}, .end = "</TOOLCALL>"});
  return family;
}

}  // namespace ridge::chat
