#include "cli/ui/progress.h"

#include <algorithm>

#include "base/strcat.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr std::string_view kEraseLine = "\r\x1b[K";

std::string amount(uint64_t n, Progress::Unit unit) {
  return unit == Progress::Unit::kBytes ? human_bytes(double(n)) : human_count(int64_t(n));
}

}  // namespace

Progress::Progress(Output& err, Options options)
    : err_(err),
      options_(std::move(options)),
      terminal_(err.is_terminal()),
      start_(Clock::now()),
      drawn_(start_ - kRedraw) {}

Progress::~Progress() {
  try {
    clear();
  } catch (...) {  // standard error is gone: nobody sees the bar
  }
}

void Progress::update(uint64_t done, uint64_t total, Clock::time_point now) {
  if (!started_) {
    started_ = true;
    first_done_ = done;
    start_ = now;
  }
  if (!terminal_) {
    if (options_.off_terminal == OffTerminal::kLines) print_tenth(done, total);
    return;
  }
  if (now - start_ < options_.delay || now - drawn_ < kRedraw) return;
  drawn_ = now;
  visible_ = true;
  err_.write(kEraseLine);
  err_.write(shorten(bar(done, total, now), size_t(std::max(20, err_.width() - 1))));
  err_.flush();
}

std::string Progress::bar(uint64_t done, uint64_t total, Clock::time_point now) {
  constexpr uint64_t kCells = 24;
  const double share = total > 0 ? std::min(1.0, double(done) / double(total)) : 0;
  const auto filled = uint64_t(share * double(kCells));
  std::string cells;
  for (uint64_t i = 0; i < kCells; ++i) cells += i < filled ? "━" : "┄";
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? double(done - first_done_) / seconds : 0;
  std::string text = cat(options_.label, " ", cells, " ", int(share * 100), " %  ",
                         amount(done, options_.unit), " of ", amount(total, options_.unit));
  if (rate > 0) {
    if (options_.unit == Unit::kBytes) text += cat("  ", human_bytes(rate), "/s");
    text += cat("  ", human_seconds(double(total - std::min(done, total)) / rate), " left");
  }
  return text;
}

void Progress::print_tenth(uint64_t done, uint64_t total) {
  const int tenths = total > 0 ? int(10.0 * double(done) / double(total)) : 0;
  if (tenths <= tenths_) return;
  tenths_ = tenths;
  err_.line(cat(options_.label, " ", tenths * 10, " %  ", amount(done, options_.unit), " of ",
                amount(total, options_.unit)));
}

void Progress::note(std::string_view sentence) {
  clear();
  err_.line(sentence);
  err_.flush();
}

void Progress::clear() {
  if (!visible_) return;
  visible_ = false;
  err_.write(kEraseLine);
  err_.flush();
}

}  // namespace ridge::cli
