// Calls whose parameters stand between tags, several in one block or alone; a row each. MiniMax M2:
// <minimax:tool_call>\n<invoke name="name">\n<parameter name="key">value</parameter>\n</invoke>\n
// </minimax:tool_call>. DeepSeek V3.2 and V4 say of each value whether it is a string, MiniCPM5 has
// CDATA around what would look like tags, Hunyuan 3 tags of their own around keys and values.
// Values that are no strings are JSON.
#include "base/strcat.h"
#include "chat/answer_grammar.h"
#include "chat/families/list.h"
#include "chat/tagged_parameters.h"

namespace ridge::chat {
namespace {

struct TaggedNotation {
  std::string_view name;
  std::string_view block, block_end;  // empty: calls stand alone
  std::string_view call, call_end;
  std::string_view name_end = "\">";
  std::string_view key, key_end;
  std::string_view value;  // in front of one, after key_end; mostly nothing
  std::vector<std::string> attributes;
  std::string_view string_attribute;
  std::string_view value_end, raw, raw_end;
  std::string_view line_end;  // between tags
  ThinkMarks think;
};

class TaggedFamily : public Family {
 public:
  explicit TaggedFamily(TaggedNotation notation) : notation_(std::move(notation)) {}
  std::string_view name() const override { return notation_.name; }

  std::unique_ptr<OutputParser> parser(const AnswerRules& rules) const override {
    ParameterTags tags;
    tags.begin = notation_.block.empty() ? notation_.call : notation_.block;
    if (!notation_.block.empty()) tags.call = notation_.call;
    tags.name_ends = {std::string(notation_.name_end)};
    tags.key = notation_.key;
    tags.key_end = notation_.attributes.empty() ? notation_.key_end : "\"";
    if (!notation_.attributes.empty()) tags.attributes_end = ">";
    tags.string_attribute = notation_.string_attribute;
    tags.value = notation_.value;
    tags.value_end = notation_.value_end;
    tags.raw = notation_.raw;
    tags.raw_end = notation_.raw_end;
    tags.call_end = notation_.call_end;
    if (!notation_.block.empty()) tags.end = {std::string(notation_.block_end)};
    tags.line_ends = LineEnds::kOfValues;
    tags.think = notation_.think;
    return std::make_unique<TaggedParameterScanner>(std::move(tags), rules);
  }

  std::optional<grammar::Source> grammar(const AnswerRules& rules) const override {
    const std::string line_end(notation_.line_end);
    const bool in_block = !notation_.block.empty();
    CallNotation calls;
    calls.begin = in_block ? notation_.block : notation_.call;
    if (in_block) calls.open = cat(line_end, notation_.call);
    calls.between = cat(in_block ? line_end : "\n", notation_.call);
    if (in_block) calls.end = cat(line_end, notation_.block_end);
    calls.think = notation_.think;
    const std::string_view gap = notation_.value.empty() ? "" : notation_.line_end;
    const grammar::Tags tags{std::string(notation_.key),
                             cat(notation_.key_end, gap, notation_.value),
                             std::string(notation_.value_end), line_end, notation_.attributes};
    calls.call = [this, line_end, tags](const Tool& tool) {
      return grammar::sequence({literal(cat(tool.name, notation_.name_end, line_end)),
                                arguments_source(tool, {.tags = tags}), grammar::Regex{"\n?"},
                                literal(std::string(notation_.call_end))});
    };
    return answer_grammar(rules, calls);
  }

 private:
  TaggedNotation notation_;
};

TaggedNotation dsml(std::string_view name, std::string_view block, std::string_view block_end) {
  return {.name = name,
          .block = block,
          .block_end = block_end,
          .call = "<｜DSML｜invoke name=\"",
          .call_end = "</｜DSML｜invoke>",
          .key = "<｜DSML｜parameter name=\"",
          .key_end = ">",
          .attributes = {"\" string=\"true\"", "\" string=\"false\""},
          .string_attribute = "string=\"true\"",
          .value_end = "</｜DSML｜parameter>",
          .line_end = "\n"};
}

}  // namespace

const Family& minimax_family() {
  static const TaggedFamily family({.name = "minimax",
                                    .block = "<minimax:tool_call>",
                                    .block_end = "</minimax:tool_call>",
                                    .call = "<invoke name=\"",
                                    .call_end = "</invoke>",
                                    .key = "<parameter name=\"",
                                    .key_end = "\">",
                                    .value_end = "</parameter>",
                                    .line_end = "\n"});
  return family;
}

const Family& deepseek_v32_family() {
  static const TaggedFamily family(
      dsml("deepseek-v3.2", "<｜DSML｜function_calls>", "</｜DSML｜function_calls>"));
  return family;
}

const Family& deepseek_v4_family() {
  static const TaggedFamily family(
      dsml("deepseek-v4", "<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>"));
  return family;
}

const Family& hunyuan_family() {
  static const TaggedFamily family({.name = "hunyuan",
                                    .block = "<tool_calls:opensource>",
                                    .block_end = "</tool_calls:opensource>",
                                    .call = "<tool_call:opensource>",
                                    .call_end = "</tool_call:opensource>",
                                    .name_end = "<tool_sep:opensource>",
                                    .key = "<arg_key:opensource>",
                                    .key_end = "</arg_key:opensource>",
                                    .value = "<arg_value:opensource>",
                                    .value_end = "</arg_value:opensource>",
                                    .line_end = "\n",
                                    .think = {"<think:opensource>", "</think:opensource>"}});
  return family;
}

const Family& minicpm_family() {
  static const TaggedFamily family({.name = "minicpm",
                                    .call = "<function name=\"",
                                    .call_end = "</function>",
                                    .key = "<param name=\"",
                                    .key_end = "\">",
                                    .value_end = "</param>",
                                    .raw = "<![CDATA[",
                                    .raw_end = "]]>"});
  return family;
}

}  // namespace ridge::chat
