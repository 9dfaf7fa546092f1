// A progress bar on standard error, for work that takes a while: it appears after a delay and only
// on a terminal, redraws at most ten times a second and leaves no trace. Elsewhere it can say in
// plain lines how far it has come. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/ui/output.h"

namespace ridge::cli {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Unit { kBytes, kCount };
  enum class OffTerminal { kSilent, kLines };  // kLines: one line each tenth
  struct Options {
    std::string label;
    Unit unit = Unit::kBytes;
    OffTerminal off_terminal = OffTerminal::kSilent;
    std::chrono::milliseconds delay{1000};
  };

  Progress(Output& err, Options options);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(uint64_t done, uint64_t total) { update(done, total, Clock::now()); }
  void update(uint64_t done, uint64_t total, Clock::time_point now);
  void note(std::string_view sentence);  // a line of its own, above the bar
  void clear();                          // takes the bar away

 private:
  std::string bar(uint64_t done, uint64_t total, Clock::time_point now);
  void print_tenth(uint64_t done, uint64_t total);

  Output& err_;
  Options options_;
  bool terminal_;
  bool visible_ = false;
  Clock::time_point start_;
  Clock::time_point drawn_;
  uint64_t first_done_ = 0;  // where this run began: a resumed download is not fast
  bool started_ = false;
  int tenths_ = 0;
};

}  // namespace ridge::cli
