#include <csignal>

#include "cli/app.h"

int main(int argc, char** argv) {
  // A write that fails is an answer (EPIPE, EFBIG), not a death.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  ridge::cli::Context context = ridge::cli::make_context();
  return ridge::cli::run_app({argv + (argc > 0 ? 1 : 0), argv + argc}, context);
}
