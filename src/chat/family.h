// Family: how models of one kind write tool calls and reasoning, found by the text of their chat
// template or by name. Families are immutable and live as long as the program: use from any thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/output_parser.h"
#include "chat/tool.h"
#include "grammar/source.h"
#include "text/chat.h"

namespace ridge::chat {

// What a request wants of the answer.
struct AnswerRules {
  std::vector<Tool> tools;  // none: calls are neither parsed nor forced
  ToolChoice choice = ToolChoice::kAuto;
  std::string named;  // with kNamed
  ParallelCalls parallel = ParallelCalls::kAllowed;
  // Of the content (response_format); calls and reasoning are free of it.
  std::optional<grammar::Source> format;
  // The rendered prompt, or its last bytes: many templates open a block of reasoning themselves.
  std::string prompt_end;
  // The model may begin with a block of reasoning (Prompter::reasons()); only grammars ask.
  bool reasons = false;
};

class Family {
 public:
  virtual ~Family() = default;
  virtual std::string_view name() const = 0;  // "hermes", "qwen3-coder", "harmony", …

  virtual std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const = 0;
  // What the answer may say: nullopt is anything. With kAuto it binds what follows the beginning of
  // a call, for kRequired and kNamed the whole answer. Throws Error{kInvalidArgument} for a tool
  // that is named and not there.
  virtual std::optional<grammar::Source> grammar(const AnswerRules& rules) const = 0;
  // A call as the model would write it, where the template cannot: <tool_call> and Hermes' JSON
  // unless the family has tokens of its own. The arguments are JSON.
  virtual std::string written_call(std::string_view name, std::string_view arguments) const;
  // Text at which an answer ends although no token says so, mostly none.
  virtual std::vector<std::string> stops() const { return {}; }
};

// By what the template's text writes around a call; `generic` when it knows no tools.
const Family& family_of(std::string_view chat_template);
const Family& family_of(const text::ChatTemplate& chat_template);
const Family* find_family(std::string_view name);  // null: no such
std::vector<std::string_view> family_names();

}  // namespace ridge::chat
