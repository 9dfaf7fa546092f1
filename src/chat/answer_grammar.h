// What an answer may say, put together from how a family writes a call: the same for all families.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "chat/family.h"
#include "chat/think_scanner.h"
#include "grammar/source.h"

namespace ridge::chat {

struct CallNotation {
  std::string begin;    // announces calls, and nothing else: what follows is bound
  std::string open;     // … in front of the first
  std::string between;  // … after a call, a further one
  std::string end;      // after the last
  // One call, after `begin` or `between`.
  std::function<grammar::Source(const Tool&)> call;
  ThinkMarks think;
};

std::optional<grammar::Source> answer_grammar(const AnswerRules& rules,
                                              const CallNotation& notation);

// Of the arguments of a call: the tool's schema where it is strict or can be kept, else any object;
// `notation` says how they are written.
grammar::Source arguments_source(const Tool& tool, grammar::JsonSchema notation = {});

grammar::Source literal(std::string text);
const Tool* find_tool(const AnswerRules& rules, std::string_view name);

}  // namespace ridge::chat
