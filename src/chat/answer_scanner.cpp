#include "chat/answer_scanner.h"

#include <algorithm>
#include <utility>

namespace ridge::chat {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::vector<Event> AnswerScanner::push(std::string_view text) {
  buffer_ += text;
  while (step()) {
  }
  buffer_.erase(0, at_);
  at_ = 0;
  return std::exchange(events_, {});
}

std::vector<Event> AnswerScanner::finish(Ending ending) {
  at_end_ = true;
  while (step()) {
  }
  close(ending);
  flush_blanks();
  return std::exchange(events_, {});
}

void AnswerScanner::skip_space() {
  while (at_ < buffer_.size() && is_blank(buffer_[at_])) ++at_;
}

AnswerScanner::Found AnswerScanner::find(std::span<const std::string> marks) const {
  const std::string_view here = rest();
  Found best;
  for (size_t i = 0; i < marks.size(); ++i) {
    const size_t at = here.find(marks[i]);
    const bool longer =
        at == best.at && at != std::string_view::npos && marks[i].size() > marks[best.mark].size();
    if (at < best.at || longer) best = {at, i, false};
  }
  const size_t beginning = at_end_ ? std::string_view::npos : find_beginning(marks);
  if (beginning <= best.at && beginning != std::string_view::npos) best = {beginning, 0, true};
  return best;
}

size_t AnswerScanner::find_beginning(std::span<const std::string> marks) const {
  const std::string_view here = rest();
  size_t best = std::string_view::npos;
  for (const std::string& mark : marks) {
    for (size_t n = std::min(here.size(), mark.size() - 1); n > 0; --n) {
      if (!here.ends_with(std::string_view(mark).substr(0, n))) continue;
      best = std::min(best, here.size() - n);
      break;
    }
  }
  return best;
}

std::optional<size_t> AnswerScanner::text_until(Event::Kind kind,
                                                std::span<const std::string> marks) {
  const Found found = find(marks);
  const size_t n = std::min(found.at, rest().size());
  text(kind, rest().substr(0, n));
  skip(n);
  if (found.at == std::string_view::npos || found.partial) return std::nullopt;
  skip(marks[found.mark].size());
  return found.mark;
}

void AnswerScanner::text(Event::Kind kind, std::string_view text) {
  if (blanks_kind_ != kind) {
    flush_blanks();
    blanks_kind_ = kind;
  }
  if (trims_) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    if (text.empty()) return;
    trims_ = false;
  }
  size_t end = text.size();
  while (end > 0 && is_blank(text[end - 1])) --end;
  if (end > 0) {
    flush_blanks();
    emit({kind, std::string(text.substr(0, end)), -1, {}, true});
  }
  blanks_ += text.substr(end);
}

void AnswerScanner::flush_blanks() {
  if (!blanks_.empty()) emit({blanks_kind_, std::exchange(blanks_, {}), -1, {}, true});
}

// Neighbours of one kind become one event.
void AnswerScanner::emit(Event event) {
  const bool joins = event.kind == Event::Kind::kReasoning || event.kind == Event::Kind::kContent ||
                     event.kind == Event::Kind::kArguments;
  if (joins && !events_.empty() && events_.back().kind == event.kind &&
      events_.back().call == event.call) {
    events_.back().text += event.text;
  } else {
    events_.push_back(std::move(event));
  }
}

void AnswerScanner::begin_call(std::string_view name, std::string_view id) {
  drop_blanks();
  in_call_ = true;
  emit({Event::Kind::kCallBegin, std::string(name), n_calls_, std::string(id), true});
}

void AnswerScanner::arguments(std::string_view json) {
  if (!json.empty()) emit({Event::Kind::kArguments, std::string(json), n_calls_, {}, true});
}

void AnswerScanner::end_call(bool whole) {
  in_call_ = false;
  emit({Event::Kind::kCallEnd, {}, n_calls_++, {}, whole});
  trim_next();
}

void add(const Event& event, ParsedAnswer& answer) {
  switch (event.kind) {
    case Event::Kind::kReasoning:
      answer.reasoning += event.text;
      return;
    case Event::Kind::kContent:
      answer.content += event.text;
      return;
    case Event::Kind::kCallBegin:
      answer.calls.push_back({event.text, "", event.id, true});
      return;
    case Event::Kind::kArguments:
      answer.calls.back().arguments += event.text;
      return;
    case Event::Kind::kCallEnd:
      answer.calls.back().whole = event.whole;
      return;
  }
}

ParsedAnswer parse_answer(OutputParser& parser, std::string_view text, Ending ending) {
  ParsedAnswer answer;
  for (const Event& event : parser.push(text)) add(event, answer);
  for (const Event& event : parser.finish(ending)) add(event, answer);
  answer.unparsed_calls = parser.unparsed_calls();
  return answer;
}

}  // namespace ridge::chat
