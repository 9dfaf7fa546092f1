#include "chat/answer_grammar.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/quote.h"
#include "grammar/compiler.h"

namespace ridge::chat {
namespace {

using grammar::Source;

constexpr int kNoLimit = -1;

bool can_be_kept(const grammar::JsonSchema& schema) {
  try {
    grammar::check_schema(schema);
    return true;
  } catch (const Error&) {
    return false;
  }
}

// The tools that may be called.
std::vector<const Tool*> callable(const AnswerRules& rules) {
  std::vector<const Tool*> out;
  for (const Tool& tool : rules.tools) {
    if (rules.choice != ToolChoice::kNamed || tool.name == rules.named) out.push_back(&tool);
  }
  if (out.empty() && rules.choice == ToolChoice::kNamed) {
    fail(ErrorCode::kInvalidArgument, "tool_choice names ", in_quotes(rules.named),
         ", which is none of the request's tools");
  }
  return out;
}

// From `open` to `end`.
Source calls_source(const AnswerRules& rules, const CallNotation& notation) {
  std::vector<Source> ways;
  for (const Tool* tool : callable(rules)) ways.push_back(notation.call(*tool));
  const Source call = grammar::any_of(std::move(ways));
  std::vector<Source> parts = {literal(notation.open), call};
  const bool several =
      rules.parallel == ParallelCalls::kAllowed && rules.choice != ToolChoice::kNamed;
  if (several) {
    parts.push_back(
        grammar::repeat(grammar::sequence({literal(notation.between), call}), 0, kNoLimit));
  }
  parts.push_back(literal(notation.end));
  return grammar::sequence(std::move(parts));
}

Source after_reasoning(const AnswerRules& rules, const ThinkMarks& think, Source body) {
  const Source rest = grammar::sequence(
      {grammar::FreeText{{think.end}}, literal(think.end), grammar::Regex{"[ \\n]{0,4}"}});
  if (opens_reasoning(rules.prompt_end, think)) return grammar::sequence({rest, std::move(body)});
  if (!rules.reasons) return body;
  const Source block = grammar::sequence({literal(think.begin), rest});
  return grammar::sequence({grammar::optional(block), std::move(body)});
}

}  // namespace

Source literal(std::string text) {
  return grammar::Literal{std::move(text)};
}

Source arguments_source(const Tool& tool, grammar::JsonSchema notation) {
  const std::string nothing = R"({"type":"object","properties":{},"additionalProperties":false})";
  const std::string anything = R"({"type":"object"})";
  notation.schema = tool.parameters.empty() ? nothing : tool.parameters;
  notation.extras = grammar::Extras::kNever;
  if (!tool.strict && !can_be_kept(notation)) notation.schema = anything;
  return notation;
}

const Tool* find_tool(const AnswerRules& rules, std::string_view name) {
  const auto found = std::find_if(rules.tools.begin(), rules.tools.end(),
                                  [&](const Tool& tool) { return tool.name == name; });
  return found == rules.tools.end() ? nullptr : &*found;
}

std::optional<Source> answer_grammar(const AnswerRules& rules, const CallNotation& notation) {
  const bool may_call = !rules.tools.empty() && rules.choice != ToolChoice::kNone;
  if (!may_call) {
    if (rules.choice == ToolChoice::kNamed) callable(rules);  // says that there is no such tool
    if (!rules.format) return std::nullopt;
    return after_reasoning(rules, notation.think, *rules.format);
  }
  Source calls = calls_source(rules, notation);
  if (rules.choice != ToolChoice::kAuto) {
    return after_reasoning(rules, notation.think,
                           grammar::sequence({literal(notation.begin), std::move(calls)}));
  }
  if (rules.format) {
    Source all = grammar::sequence({literal(notation.begin), std::move(calls)});
    return after_reasoning(rules, notation.think, grammar::any_of({*rules.format, std::move(all)}));
  }
  const auto afterwards = rules.parallel == ParallelCalls::kAllowed
                              ? grammar::Triggered::Afterwards::kFreeAgain
                              : grammar::Triggered::Afterwards::kEnds;
  return grammar::triggered({{{notation.begin, std::move(calls)}}, afterwards});
}

}  // namespace ridge::chat
