// JsonReader: one JSON value as a model writes it, byte by byte, into JSON that is valid wherever
// it is cut. What models get wrong in known ways is mended: raw line ends in strings, escapes that
// are none, Python's True and 'quotes', names without quotes, a comma too many. Never throws;
// nested deeper than its limit is broken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ridge::chat {

class JsonReader {
 public:
  enum class State { kRunning, kDone, kBroken };
  // How strings are quoted: JSON's way, or between two equal marks and raw in between.
  explicit JsonReader(std::string_view raw_quote = {}) : raw_quote_(raw_quote) {}

  // Takes bytes until the value ends or breaks and returns how many; the rest is not its own. A
  // number at the outermost level ends before the byte that cannot belong to it.
  size_t push(std::string_view bytes);
  State state() const { return state_; }
  bool has_begun() const { return begun_; }

  // What has become certain since the last call: with close() it is always valid JSON.
  std::string take();
  // The ends of what is open. A key without a value, and a number or a word that might go on, are
  // left out. Of a value that never began: nothing.
  std::string close();
  // No more bytes come: a number may be whole now. Only where the value itself was said to end.
  void end_of_value();

 private:
  enum class Expect {
    kValue,      // of a member, an item after a comma, or the outermost
    kFirstItem,  // or ]
    kFirstKey,   // or }
    kKey,        // after a comma; or }, the comma being one too many
    kColon,
    kNext,  // a comma or the end of a list or an object
    kString,
    kBareKey,
    kScalar,
  };

  bool step(char c);  // false: the byte was not taken
  bool step_value(char c);
  bool step_key(char c);
  bool step_colon(char c);
  bool step_next(char c);
  bool step_string(char c);
  bool step_escape(char c);
  bool step_bare_key(char c);
  bool step_scalar(char c);
  void begin_string(char quote);
  void end_string();
  void string_byte(char c);
  void string_text(std::string_view text);
  void finish_character();
  void open(char bracket);
  void end_container();
  void end_value();
  bool finish_scalar();
  void hold(char c) { held_ += c; }
  void release();
  bool broken();

  static constexpr size_t kMostLevels = 256;

  std::string_view raw_quote_;
  State state_ = State::kRunning;
  Expect expect_ = Expect::kValue;
  bool begun_ = false;
  std::string out_;
  std::string held_;    // written when a value begins: comma, blanks, key, colon
  std::string scalar_;  // a number or a word so far
  std::string levels_;  // { and [ that are open
  // The string that is open.
  bool in_key_ = false;
  char quote_ = '"';
  std::string escape_;     // an escape so far, or a half of a pair
  std::string character_;  // bytes of a character so far
  std::string quote_end_;  // bytes that may be the closing mark
};

}  // namespace ridge::chat
