// Standard output and standard error of the program. Writing to a pipe that its reader has closed
// throws PipeClosed (nothing is wrong: the reader has seen enough); a disk that is full throws
// Error{kIo}. One thread.
#pragma once

#include <cstdio>
#include <string_view>

#include "cli/ui/colour.h"

namespace ridge::cli {

struct PipeClosed {};

class Output {
 public:
  Output(std::FILE* file, Palette palette) : file_(file), palette_(palette) {}

  void write(std::string_view text);
  void line(std::string_view text);  // and a line feed
  void flush();

  const Palette& palette() const { return palette_; }
  bool is_terminal() const;
  int width() const;  // columns of the terminal

 private:
  [[noreturn]] void fail_write() const;

  std::FILE* file_;
  Palette palette_;
};

}  // namespace ridge::cli
