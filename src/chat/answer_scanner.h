// What the parsers of all families share: text that arrives in pieces, markers found in it as soon
// as they are certain, reasoning and content with the blanks beside markers left out, events.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chat/output_parser.h"

namespace ridge::chat {

class AnswerScanner : public OutputParser {
 public:
  std::vector<Event> push(std::string_view text) final;
  std::vector<Event> finish(Ending ending) final;
  int unparsed_calls() const final { return unparsed_calls_; }

 protected:
  // Consumes some of rest() and returns true, or leaves it and waits for more: false. Text that is
  // left when no more comes (at_end()) becomes text of the kind that is current.
  virtual bool step() = 0;
  // No more text comes: ends what is open.
  virtual void close(Ending /*ending*/) {}

  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }
  bool at_end() const { return at_end_; }
  void skip(size_t n) { at_ += n; }
  void unread(size_t n) { at_ -= n; }  // of what was skipped last
  void skip_space();

  // Where one of the marks stands in rest(), the earliest, and of those the longest; `partial`
  // instead when what is there may become one. Neither: npos.
  struct Found {
    size_t at = std::string_view::npos;
    size_t mark = 0;
    bool partial = false;
  };
  Found find(std::span<const std::string> marks) const;
  // Where rest() ends in what may become one of the marks; else npos.
  size_t find_beginning(std::span<const std::string> marks) const;
  // Passes text on up to the first mark, and skips that: its index. Nothing: more text is needed.
  std::optional<size_t> text_until(Event::Kind kind, std::span<const std::string> marks);

  // Text for the outside. Blanks at its end wait for what comes next; those at its beginning are
  // left out after trim_next().
  void text(Event::Kind kind, std::string_view text);
  void trim_next() { trims_ = true; }
  void drop_blanks() { blanks_.clear(); }

  void begin_call(std::string_view name, std::string_view id = {});
  void arguments(std::string_view json);
  void end_call(bool whole);
  bool in_call() const { return in_call_; }
  void count_unparsed() { ++unparsed_calls_; }

 private:
  void emit(Event event);
  void flush_blanks();

  std::string buffer_;
  size_t at_ = 0;
  bool at_end_ = false;
  std::vector<Event> events_;
  std::string blanks_;  // at the end of the text so far
  Event::Kind blanks_kind_ = Event::Kind::kContent;
  bool trims_ = false;
  int n_calls_ = 0;
  bool in_call_ = false;
  int unparsed_calls_ = 0;
};

}  // namespace ridge::chat
