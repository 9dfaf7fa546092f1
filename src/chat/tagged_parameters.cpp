#include "chat/tagged_parameters.h"

#include <algorithm>
#include <utility>

#include "chat/answer_grammar.h"

namespace ridge::chat {
namespace {

constexpr size_t kLongestTagName = 256;

TaggedJsonMarks marks_of(const ParameterTags& tags) {
  TaggedJsonMarks out{{tags.begin}, tags.end};
  if (!tags.call.empty()) out.begin.push_back(tags.call);
  return out;
}

}  // namespace

TaggedParameterScanner::TaggedParameterScanner(ParameterTags tags, const AnswerRules& rules)
    : TaggedJsonScanner(marks_of(tags), tags.think, rules), tags_(std::move(tags)), rules_(rules) {}

bool TaggedParameterScanner::enters_object(size_t mark) {
  stage_ = mark == 0 ? Stage::kBegin : Stage::kName;
  raw_ = mark == 0 ? tags_.begin : tags_.call;
  set_own(true);
  return false;
}

bool TaggedParameterScanner::step_own() {
  switch (stage_) {
    case Stage::kBegin:
      return step_begin();
    case Stage::kName:
      return step_name();
    case Stage::kParameters:
      return step_parameters();
    case Stage::kKey:
      return step_key();
    case Stage::kAttributes:
      return step_attributes();
    case Stage::kBeforeValue:
      return step_before_value();
    case Stage::kValue:
      return step_value();
  }
  return false;
}

void TaggedParameterScanner::close(Ending ending) {
  if (!in_own()) {
    TaggedJsonScanner::close(ending);
  } else if (in_call()) {
    finish_call(false);
    if (ending == Ending::kComplete) count_unparsed();
  } else if (!raw_.empty()) {
    give_up();
  }
}

// Blanks in front of the next word are skipped; true when it begins so, nothing when it may yet.
std::optional<bool> TaggedParameterScanner::next_is(std::string_view word) {
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

// A name, or a call object as Hermes has it, which some write instead.
bool TaggedParameterScanner::step_begin() {
  if (tags_.call.empty()) {
    const size_t at = rest().find_first_not_of(" \t\r\n");
    if (at == std::string_view::npos && !at_end()) return false;
    if (at == std::string_view::npos || rest()[at] != '{') {
      stage_ = Stage::kName;
      return true;
    }
  } else {
    const auto call = next_is(tags_.call);
    if (!call) return false;
    if (*call) {
      stage_ = Stage::kName;
      return true;
    }
  }
  raw_.clear();
  begin_object(tags_.begin);
  return true;
}

bool TaggedParameterScanner::step_name() {
  const size_t begin = tags_.call.empty() ? rest().find_first_not_of(" \t\r\n") : 0;
  const std::string_view here = rest();
  size_t end = begin;
  for (; end < here.size(); ++end) {
    const std::string_view next = here.substr(end);
    for (size_t i = 0; i < tags_.name_ends.size(); ++i) {
      if (next.starts_with(tags_.name_ends[i])) return take_name(end, i);
    }
    const bool may_be_end =
        !at_end() && std::any_of(tags_.name_ends.begin(), tags_.name_ends.end(),
                                 [&](const std::string& tag) { return tag.starts_with(next); });
    if (may_be_end) return false;
    if (next.front() == '\n' || next.front() == '<') break;  // of no name
  }
  const bool goes_on = (end == std::string_view::npos || end >= here.size()) && !at_end();
  if (goes_on && here.size() <= kLongestTagName) return false;
  if (here.empty() && raw_.empty()) return false;
  give_up();
  return true;
}

bool TaggedParameterScanner::take_name(size_t end, size_t tag) {
  std::string_view name = rest().substr(0, end);
  name.remove_prefix(std::min(name.find_first_not_of(" \t\r\n"), name.size()));
  name = name.substr(0, name.find_last_not_of(" \t\r\n") + 1);
  if (name.empty() || name.size() > kLongestTagName) {
    give_up();
    return true;
  }
  const std::string called(name);
  skip(end + (tag == 0 ? tags_.name_ends[0].size() : 0));
  raw_.clear();
  begin_call(called);
  writer_ = ParameterWriter(find_tool(rules_, called), tags_.line_ends);
  stage_ = Stage::kParameters;
  return true;
}

bool TaggedParameterScanner::step_parameters() {
  const auto parameter = next_is(tags_.key);
  if (!parameter) return false;
  if (*parameter) {
    stage_ = Stage::kKey;
    return true;
  }
  const auto end = next_is(tags_.call_end);
  if (!end) return false;
  if (!*end && rest().find_first_not_of(" \t\r\n") == std::string_view::npos) return false;
  if (!*end) count_unparsed();
  finish_call(*end);
  return true;
}

bool TaggedParameterScanner::step_key() {
  const size_t end = rest().find(tags_.key_end);
  if (end == std::string_view::npos) return false;
  key_ = rest().substr(0, end);
  skip(end + tags_.key_end.size());
  stage_ = tags_.attributes_end.empty() ? after_key() : Stage::kAttributes;
  if (stage_ != Stage::kAttributes) writer_.begin(key_);
  return true;
}

bool TaggedParameterScanner::step_attributes() {
  const size_t end = rest().find(tags_.attributes_end);
  if (end == std::string_view::npos) return false;
  const std::string_view attributes = rest().substr(0, end);
  const bool is_string = attributes.find(tags_.string_attribute) != std::string_view::npos;
  writer_.begin(key_, is_string ? ValueKind::kText : ValueKind::kJson);
  skip(end + tags_.attributes_end.size());
  stage_ = after_key();
  return true;
}

TaggedParameterScanner::Stage TaggedParameterScanner::after_key() const {
  return tags_.value.empty() && tags_.raw.empty() ? Stage::kValue : Stage::kBeforeValue;
}

// A value without its tag is taken as one.
bool TaggedParameterScanner::step_before_value() {
  const std::string& tag = tags_.raw.empty() ? tags_.value : tags_.raw;
  const auto begins = next_is(tag);
  if (!begins) return false;
  in_raw_ = *begins && !tags_.raw.empty();
  const size_t at = std::min(rest().find_first_not_of(" \t\r\n"), rest().size());
  const bool cut = !*begins && at_end() && tag.starts_with(rest().substr(at));
  if (cut) return false;
  stage_ = Stage::kValue;
  return true;
}

// Some end a value by beginning the next parameter or ending the call.
bool TaggedParameterScanner::step_value() {
  std::vector<std::string> ends = {tags_.value_end, tags_.key, tags_.call_end};
  if (in_raw_) ends = {tags_.raw_end + tags_.value_end};
  const Found found = find(ends);
  size_t n = std::min(found.at, rest().size());
  // Where the answer was cut, half a tag is no part of the value.
  const bool cut = at_end() && found.at == std::string_view::npos;
  if (cut) n = std::min(n, find_beginning(ends));
  arguments(writer_.value(rest().substr(0, n)));
  skip(n);
  if (found.at == std::string_view::npos || found.partial) return false;
  arguments(writer_.end());
  if (found.mark == 0) skip(ends[0].size());
  in_raw_ = false;
  stage_ = Stage::kParameters;
  return true;
}

void TaggedParameterScanner::finish_call(bool whole) {
  arguments(writer_.close());
  end_call(whole);
  raw_.clear();
  set_own(false);
  if (whole) end_of_call();
}

void TaggedParameterScanner::give_up() {
  count_unparsed();
  text(Event::Kind::kContent, std::exchange(raw_, {}));
  set_own(false);
}

}  // namespace ridge::chat
