#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "cli/ui/format.h"
#include "cli/ui/output.h"
#include "cli/ui/progress.h"
#include "cli/ui/table.h"

namespace ridge::cli {
namespace {

TEST(Format, BytesHaveThreeDigitsAndAUnit) {
  struct Case {
    double n_bytes;
    const char* text;
  };
  for (const Case& c : {Case{0, "0 B"},
                        {999, "999 B"},
                        {1000, "1.00 kB"},
                        {98'362'432, "98.4 MB"},
                        {999'600, "1.00 MB"},
                        {1'117'320'768, "1.12 GB"},
                        {123e9, "123 GB"},
                        {1e18, "1000 PB"}}) {
    EXPECT_EQ(human_bytes(c.n_bytes), c.text);
  }
}

TEST(Format, CountsAndTimesReadAsWritten) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1000), "1,000");
  EXPECT_EQ(human_count(-1234567), "-1,234,567");
  EXPECT_EQ(plural(1, "token"), "1 token");
  EXPECT_EQ(plural(2000, "token"), "2,000 tokens");
  EXPECT_EQ(human_seconds(0.1234), "0.12 s");
  EXPECT_EQ(human_seconds(200), "3 min 20 s");
  EXPECT_EQ(human_seconds(7260), "2 h 1 min");
  EXPECT_EQ(significant(9.996), "10.0");
  EXPECT_EQ(significant(99.96), "100");
}

TEST(Format, WidthsCountCharactersAndCutsKeepThemWhole) {
  EXPECT_EQ(display_width("né…"), 3u);
  EXPECT_EQ(shorten("année", 5), "année");
  EXPECT_EQ(shorten("années", 5), "anné…");
  EXPECT_EQ(shorten("abc", 0), "");
}

TEST(Format, ControlCharactersOfForeignTextAreMadeHarmless) {
  EXPECT_EQ(printable("a\x1b[31mb\n\x07"), "a?[31mb\n?");
}

TEST(Table, AlignsColumnsAndLeavesNoBlanksAtLineEnds) {
  Table table({{"name"}, {"size", Align::kRight}, {"note"}});
  table.add({"a", "10 MB", ""});
  table.add({"längst", "1 B", "x"});
  EXPECT_EQ(table.str(),
            "name     size  note\n"
            "a       10 MB\n"
            "längst    1 B  x\n");
}

// What was written to an Output that is a file.
class Captured {
 public:
  Captured() : file_(std::tmpfile()), output_(file_, Palette(Palette::Mode::kPlain)) {}
  ~Captured() { std::fclose(file_); }
  Output& output() { return output_; }
  std::string text() {
    std::rewind(file_);
    std::string all(1 << 16, '\0');
    all.resize(std::fread(all.data(), 1, all.size(), file_));
    return all;
  }

 private:
  std::FILE* file_;
  Output output_;
};

TEST(Progress, OffATerminalItIsSilentOrPrintsTenths) {
  Captured silent;
  Progress(silent.output(), {.label = "x"}).update(50, 100);
  EXPECT_EQ(silent.text(), "");

  Captured lines;
  {
    Progress progress(lines.output(), {.label = "pulling",
                                       .unit = Progress::Unit::kCount,
                                       .off_terminal = Progress::OffTerminal::kLines});
    for (uint64_t done : {1, 5, 10, 11, 19, 57, 100, 100}) progress.update(done, 100);
  }
  EXPECT_EQ(lines.text(),
            "pulling 10 %  10 of 100\npulling 50 %  57 of 100\npulling 100 %  100 of 100\n");
}

}  // namespace
}  // namespace ridge::cli
