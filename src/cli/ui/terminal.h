// What a file descriptor of ours can show. Any thread.
#pragma once

namespace ridge::cli {

bool is_terminal(int fd);
int terminal_width(int fd);  // columns; 80 where nobody knows

}  // namespace ridge::cli
