// A line from the person at the terminal, with editing and a history that lasts (libedit). When
// standard input is no terminal it reads plain lines. One at a time, by one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/ui/interrupt.h"

namespace ridge::cli {

class LineEditor {
 public:
  // history: the file that keeps it; its folder is made when something is to be kept.
  LineEditor(const InterruptScope& interrupt, std::filesystem::path history);
  ~LineEditor();

  enum class Outcome { kLine, kInterrupted, kEnd };
  struct Read {
    Outcome outcome = Outcome::kEnd;
    std::string text;  // without the line feed
  };
  // kInterrupted: Ctrl-C; the flag of the interrupt scope stays up. kEnd: Ctrl-D or the input's
  // end.
  Read read(const std::string& prompt);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge::cli
