#include "chat/named_json.h"

#include <algorithm>
#include <utility>

namespace ridge::chat {
namespace {

constexpr size_t kLongestHeader = 512;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace

NamedJsonScanner::NamedJsonScanner(NamedJsonMarks marks, ThinkMarks think, const AnswerRules& rules)
    : TaggedJsonScanner({marks.begin, {}}, std::move(think), rules), named_(std::move(marks)) {}

bool NamedJsonScanner::enters_object(size_t mark) {
  raw_ = named_.begin[mark];
  stage_ = named_.call.empty() ? Stage::kHeader : Stage::kBefore;
  if (takes_list()) stage_ = Stage::kFirst;
  set_own(true);
  return false;
}

bool NamedJsonScanner::step_own() {
  switch (stage_) {
    case Stage::kBefore:
      return step_before();
    case Stage::kHeader:
      return step_header();
    case Stage::kArguments:
      return step_arguments();
    case Stage::kAfter:
      return step_after();
    case Stage::kFirst:
      return step_first();
    case Stage::kBetweenListed:
      return step_between_listed();
    case Stage::kListed:
      return step_listed();
  }
  return false;
}

// Blanks, then a mark of `call`.
bool NamedJsonScanner::step_before() {
  const Found found = find(named_.call);
  const std::string_view before = rest().substr(0, std::min(found.at, rest().size()));
  if (!is_blank(before) || (at_end() && found.at == std::string_view::npos)) {
    if (rest().empty() && raw_.empty()) return false;
    give_up();
    return true;
  }
  if (found.at == std::string_view::npos || found.partial) return false;
  const size_t n = found.at + named_.call[found.mark].size();
  raw_ += rest().substr(0, n);
  skip(n);
  stage_ = Stage::kHeader;
  return true;
}

bool NamedJsonScanner::step_header() {
  const Found found = find(named_.name_ends);
  const bool known = found.at != std::string_view::npos && !found.partial;
  if (!known) {
    if (rest().size() <= kLongestHeader && !at_end()) return false;
    if (rest().empty() && raw_.empty()) return false;
    give_up();
    return true;
  }
  const std::string_view header = rest().substr(0, found.at);
  std::string name, id;
  if (header.size() <= kLongestHeader) read_header(header, name, id);
  const std::string& mark = named_.name_ends[found.mark];
  if (name.empty()) {
    give_up();
    return true;
  }
  skip(found.at + (mark == "{" ? 0 : mark.size()));  // the brace is part of the arguments
  raw_.clear();
  begin_call(name, id);
  arguments_ = JsonReader(named_.raw_quote);
  stage_ = Stage::kArguments;
  return true;
}

void NamedJsonScanner::read_header(std::string_view header, std::string& name,
                                   std::string& /*id*/) const {
  name = trimmed(header);
}

bool NamedJsonScanner::step_arguments() {
  if (rest().empty()) return false;
  if (!arguments_.has_begun() && !is_blank(rest()) && trimmed(rest()).front() != '{') {
    count_unparsed();
    finish_call(false);
    set_own(false);
    return true;
  }
  skip(arguments_.push(rest()));
  arguments(arguments_.take());
  if (arguments_.state() == JsonReader::State::kRunning) return false;
  const bool whole = arguments_.state() == JsonReader::State::kDone;
  if (!whole) count_unparsed();
  finish_call(whole);
  stage_ = Stage::kAfter;
  if (!whole) set_own(false);
  return true;
}

// Passes over what ends a call; a further one may follow.
bool NamedJsonScanner::step_after() {
  const std::string_view here = rest();
  const std::string_view word = trimmed(here);
  if (word.empty() && !at_end()) return false;
  const size_t blanks = here.size() - here.substr(std::min(here.find(word), here.size())).size();
  const auto next = here.substr(blanks);
  for (const std::string& end : named_.end) {
    if (next.starts_with(end)) {
      skip(blanks + end.size());
      return true;
    }
  }
  for (const std::string& call : named_.call) {
    if (next.starts_with(call)) {
      stage_ = Stage::kBefore;
      return true;
    }
  }
  const auto may_be = [&](const std::string& mark) { return mark.starts_with(next); };
  const bool waits = std::any_of(named_.end.begin(), named_.end.end(), may_be) ||
                     std::any_of(named_.call.begin(), named_.call.end(), may_be);
  if (waits && !at_end()) return false;
  set_own(false);
  return true;
}

// [ {…}, {…} ], or no list at all, which the first byte tells.
bool NamedJsonScanner::step_first() {
  const std::string_view word = trimmed(rest());
  if (word.empty()) {
    if (at_end() && !raw_.empty()) give_up();
    return false;
  }
  if (word.front() != '[') {
    stage_ = Stage::kHeader;
    return true;
  }
  const size_t n = rest().find('[') + 1;
  raw_ += rest().substr(0, n);
  skip(n);
  stage_ = Stage::kBetweenListed;
  return true;
}

bool NamedJsonScanner::step_between_listed() {
  const size_t at = rest().find_first_not_of(" \t\r\n,");
  if (at == std::string_view::npos) {
    if (at_end() && !raw_.empty()) give_up();
    return false;
  }
  skip(at);
  if (rest().front() == ']') {
    skip(1);
    raw_.clear();
    set_own(false);
    return true;
  }
  listed_ = CallObject();
  stage_ = Stage::kListed;
  return true;
}

// Its id comes last, so that a listed call begins when all of it is there.
bool NamedJsonScanner::step_listed() {
  if (rest().empty()) return false;
  const size_t taken = listed_.push(rest());
  raw_ += rest().substr(0, taken);
  skip(taken);
  if (listed_.state() == CallObject::State::kRunning) return false;
  if (listed_.state() == CallObject::State::kBroken) {
    give_up();
    return true;
  }
  raw_.clear();
  begin_call(listed_.name(), listed_.id());
  arguments(listed_.close_arguments());
  end_call(true);
  stage_ = Stage::kBetweenListed;
  return true;
}

void NamedJsonScanner::give_up() {
  count_unparsed();
  text(Event::Kind::kContent, std::exchange(raw_, {}));
  set_own(false);
}

void NamedJsonScanner::finish_call(bool whole) {
  std::string last = arguments_.close();
  if (!arguments_.has_begun()) last = "{}";
  arguments(last);
  end_call(whole);
}

void NamedJsonScanner::close(Ending ending) {
  const bool listed = stage_ == Stage::kListed && !raw_.empty();
  if (listed && listed_.has_name()) {  // cut, and still a call
    raw_.clear();
    begin_call(listed_.name(), listed_.id());
    arguments(listed_.close_arguments());
    end_call(false);
  } else if (listed) {
    give_up();
  } else if (in_call()) {
    finish_call(false);
  } else {
    return;
  }
  stage_ = Stage::kAfter;
  if (ending == Ending::kComplete) count_unparsed();
}

}  // namespace ridge::chat
