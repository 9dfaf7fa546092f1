#include "text/tokenizer/unicode.h"

#include <gtest/gtest.h>

namespace ridge::text {
namespace {

TEST(Unicode, ClassesOfCharacters) {
  const struct {
    const char* text;
    uint32_t code;
    CharClass classes;
  } cases[] = {
      {"a", 'a', kLower},
      {"Z", 'Z', kUpper},
      {"7", '7', kNumber},
      {"'", '\'', kPunctuation},
      {"`", '`', kSymbol},
      {" ", ' ', kSpace},
      {"\v", '\v', kSpace},
      {"\n", '\n', kSpace | kNewline},
      {"\x7F", 0x7F, kNone},
      {"é", 0xE9, kLower},
      {"ǅ", 0x1C5, kUpper},
      {"ª", 0xAA, kCaseless},
      {"中", 0x4E2D, kCaseless},
      {"\u0301", 0x301, kMark},
      {"½", 0xBD, kNumber},
      {"。", 0x3002, kPunctuation},
      {"🦙", 0x1F999, kSymbol},
      {"\u0085", 0x85, kSpace},
      {"\u3000", 0x3000, kSpace},
      {"\u200b", 0x200B, kNone},
      {"\uE000", 0xE000, kNone},
      {"\U0001FAE9", 0x1FAE9, kSymbol},    // Unicode 16
      {"\U0002EBF0", 0x2EBF0, kCaseless},  // Unicode 15.1
  };
  for (const auto& [text, code, classes] : cases) {
    const Char c = char_at(text, 0);
    EXPECT_EQ(c.code, code) << text;
    EXPECT_EQ(c.size, std::string_view(text).size()) << text;
    EXPECT_EQ(c.classes, classes) << text;
  }
  EXPECT_EQ(char_at("a", 1).size, 0u);
}

TEST(Unicode, MalformedBytesAreReplacementCharactersOfOneByte) {
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC3", "\xE2\x82", "\xED\xA0\x80", "\xE0\x80\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    for (size_t i = 0; i < text.size(); ++i) {
      EXPECT_EQ(char_at(text, i).code, kReplacement);
      EXPECT_EQ(char_at(text, i).size, 1u);
      EXPECT_TRUE(char_at(text, i).is(kSymbol));
    }
  }
}

TEST(Unicode, EveryCodePointSurvivesWritingAndReading) {
  for (uint32_t code = 0; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_utf8(text, code);
    ASSERT_EQ(char_at(text, 0).code, code);
    ASSERT_EQ(char_at(text, 0).size, text.size());
  }
}

TEST(Unicode, NfcComposesAndKeepsWhatIsComposed) {
  const struct {
    const char* from;
    const char* to;
  } cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"é", "é"},
      {"e\u0301", "é"},
      {"e\u0301\u0301x", "é\u0301x"},
      {"re\u0301sume\u0301", "résumé"},
      {"\u212B", "Å"},  // a singleton
      {"a\u0323\u0307", "ạ\u0307"},
      {"a\u0307\u0323", "ạ\u0307"},  // reordered
      {"\u1112\u1161\u11AB", "한"},
      {"\uD558\u11AB", "한"},      // a syllable takes a final
      {"\u0958", "\u0915\u093C"},  // excluded from composition
      {"中文 e\u0301 中", "中文 é 中"},
      {"e\xFF\u0301", "e\xFF\u0301"},            // nothing composes over a malformed byte
      {"\xFF\u0300\u3099", "\xFF\u3099\u0300"},  // but marks behind it are put in order
      {"\u0301", "\u0301"},
  };
  for (const auto& [from, to] : cases) {
    EXPECT_EQ(to_nfc(from), to) << from;
    EXPECT_EQ(to_nfc(to), to);
  }
}

TEST(Unicode, FrontTellsWholeCutAndMalformed) {
  using State = Utf8Front::State;
  const struct {
    std::string_view text;
    State state;
    uint32_t size;
  } cases[] = {
      {"a", State::kWhole, 1},
      {"\xC3\xA9x", State::kWhole, 2},
      {"\xE2\x82\xAC", State::kWhole, 3},
      {"\xF0\x9F\xA6\x99", State::kWhole, 4},
      {"\xE2\x82", State::kCut, 2},
      {"\xF0", State::kCut, 1},
      {"\xE2\x82x", State::kMalformed, 2},
      {"\x80", State::kMalformed, 1},
      {"\xED\xA0\x80", State::kMalformed, 1},
      {"", State::kCut, 0},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(utf8_front(c.text).state, c.state) << c.text;
    EXPECT_EQ(utf8_front(c.text).size, c.size) << c.text;
  }
}

}  // namespace
}  // namespace ridge::text
