#include "cli/ui/output.h"

#include <cerrno>

#include "base/error.h"
#include "base/file_descriptor.h"
#include "cli/ui/terminal.h"

namespace ridge::cli {

void Output::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail_write();
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

void Output::flush() {
  if (std::fflush(file_) != 0) fail_write();
}

void Output::fail_write() const {
  const int error = errno;
  if (error == EPIPE) throw PipeClosed{};
  fail(ErrorCode::kIo, "cannot write to standard output: ", system_message(error));
}

bool Output::is_terminal() const {
  return cli::is_terminal(::fileno(file_));
}
int Output::width() const {
  return terminal_width(::fileno(file_));
}

}  // namespace ridge::cli
