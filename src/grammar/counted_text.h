// CountedText: text whose characters are counted (minLength, maxLength), and the counting. A rule
// for each number of characters that are left would cost seconds to compile: the grammar says what
// text may consist of, a mark in front of it says which count holds, and the matcher counts.
// Characters are code points, as JSON Schema has it: an escape is one, and so is a pair of them.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::grammar {

struct CountedText {
  static constexpr const char* kJsonEnd = "\"";

  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();  // not below min
  // What the text ends with: the quote of a JSON string, in which \ begins an escape, or any other
  // ASCII text, whose first character does not come in it again; then nothing is an escape.
  std::string end = kJsonEnd;
  char after = '"';  // the byte in front of it
  bool operator==(const CountedText&) const = default;
};

// Reads a text byte by byte. Plain data: what it was is restored by assignment.
class TextCounter {
 public:
  enum class State { kInside, kEnded, kBroken };

  TextCounter() = default;
  explicit TextCounter(const CountedText& text);  // which lives longer

  // Broken: a character too many, or ended too early.
  State push(char byte);
  State push(std::string_view bytes);  // up to where it ends or breaks

  int64_t count() const { return count_; }
  bool is_between() const { return phase_ == Phase::kPlain && n_matched_ == 0; }

 private:
  enum class Phase : uint8_t { kPlain, kBackslash, kHex, kSecondOfPair };

  State push_json(char byte);
  State push_raw(char byte);
  State end() const;
  State inside() const;

  const CountedText* text_ = nullptr;
  int64_t count_ = 0;
  Phase phase_ = Phase::kPlain;
  uint8_t n_hex_ = 0;
  uint16_t hex_ = 0;
  uint8_t n_matched_ = 0;  // of the end of a raw text
};

// How many characters the tokens of a vocabulary add to a text. Immutable; any thread.
class TokenLengths {
 public:
  // bytes[t] as in Vocabulary; it lives longer.
  TokenLengths(const std::vector<std::string>& bytes, const std::string& end);

  // Clears the bits of the tokens with which the text would break.
  void forbid_breaking(const CountedText& text, const TextCounter& counter,
                       std::span<uint32_t> bits) const;

 private:
  struct Entry {
    int32_t token = 0;
    int32_t n_chars = 0;  // up to the end of the text or the token
  };
  void forbid_by_trying(const TextCounter& counter, std::span<uint32_t> bits) const;

  const std::vector<std::string>& bytes_;
  std::vector<Entry> longest_first_;
  std::vector<Entry> ending_;  // those within which the text ends
  int64_t most_ = 0;           // characters that any token can add, in any state
};

}  // namespace ridge::grammar
