#include "cli/ui/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace ridge::cli {

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

int terminal_width(int fd) {
  winsize size{};
  const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace ridge::cli
