#include "cli/jsonl.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/error.h"
#include "cli/token_ids.h"

namespace ridge::cli {
namespace {

struct Answered {
  LineProtocol outcome;
  std::string text;
};

template <class Protocol>
Answered answer(const std::string& input, const Protocol& protocol) {
  std::FILE* file = std::tmpfile();
  Output out(file, Palette(Palette::Mode::kPlain));
  std::istringstream in(input);
  const LineProtocol outcome = protocol(in, out);
  std::rewind(file);
  std::string text(1 << 16, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return {outcome, text};
}

std::vector<int32_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

TEST(EncodeLines, AnswersEveryLineInOrder) {
  const auto got = answer("\"ab\"\n\"\"\n\"\\n\"\n", [](std::istream& in, Output& out) {
    return encode_lines(in, out, bytes_of);
  });
  EXPECT_EQ(got.outcome, LineProtocol::kAllGood);
  EXPECT_EQ(got.text, "[97,98]\n[]\n[10]\n");
}

TEST(EncodeLines, ABadLineIsReportedAndTheRestAnswered) {
  for (const char* bad : {"", "ab", "[1]", "{\"a\":1}", "\"\xff\"", "\"a", "null"}) {
    const auto got = answer(cat(bad, "\n\"a\"\n"), [](std::istream& in, Output& out) {
      return encode_lines(in, out, bytes_of);
    });
    EXPECT_EQ(got.outcome, LineProtocol::kSomeBad) << bad;
    EXPECT_EQ(got.text.rfind("{\"error\":\"", 0), 0u) << got.text;
    EXPECT_TRUE(got.text.ends_with("\n[97]\n")) << got.text;
  }
}

TEST(DecodeLines, GivesStringsAndReplacesBrokenUtf8) {
  const auto decode = [](const std::vector<int32_t>& ids) {
    return std::string(ids.begin(), ids.end());
  };
  const auto got = answer("[104,105]\n[255]\n[]\n", [&](std::istream& in, Output& out) {
    return decode_lines(in, out, decode);
  });
  EXPECT_EQ(got.outcome, LineProtocol::kAllGood);
  EXPECT_EQ(got.text, "\"hi\"\n\"\xef\xbf\xbd\"\n\"\"\n");
  for (const char* bad :
       {"[1.5]", "[-1]", "[4294967296]", "[18446744073709551615]", "[\"a\"]", "1"}) {
    const auto refused = answer(cat(bad, "\n"), [&](std::istream& in, Output& out) {
      return decode_lines(in, out, decode);
    });
    EXPECT_EQ(refused.outcome, LineProtocol::kSomeBad) << bad;
  }
}

TEST(TokenIds, AreNumbersBetweenSeparators) {
  EXPECT_EQ(parse_token_ids(" 1 2\n3,4\t"), (std::vector<int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(parse_token_ids("[5, 6]"), (std::vector<int32_t>{5, 6}));
  EXPECT_TRUE(parse_token_ids("").empty());
  for (const char* bad : {"x", "1 -2", "1.5", "99999999999", "1e3", "0x10"}) {
    EXPECT_THROW(parse_token_ids(bad), Error) << bad;
  }
  EXPECT_NO_THROW(check_token_ids(std::vector<int32_t>{0, 9}, 10));
  EXPECT_THROW(check_token_ids(std::vector<int32_t>{0, 10}, 10), Error);
}

}  // namespace
}  // namespace ridge::cli
