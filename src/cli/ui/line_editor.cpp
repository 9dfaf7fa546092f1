#include "cli/ui/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cwchar>
#include <iostream>

#include "cli/ui/terminal.h"

namespace ridge::cli {
namespace {

constexpr int kHistoryLines = 1000;
constexpr char kEndOfText = 'D' - '@';

}  // namespace

struct LineEditor::State {
  State(const InterruptScope& scope, std::filesystem::path history)
      : interrupt(scope), history_file(std::move(history)), interactive(is_terminal(0)) {}

  void open();
  void remember(const std::string& line);
  Read read_terminal();
  Read read_plain() const;
  static int read_character(EditLine* editor, wchar_t* out);

  const InterruptScope& interrupt;
  std::filesystem::path history_file;
  bool interactive;
  std::string prompt;
  std::unique_ptr<EditLine, decltype(&el_end)> editor{nullptr, el_end};
  std::unique_ptr<History, decltype(&history_end)> past{nullptr, history_end};
};

void LineEditor::State::open() {
  // libedit decodes what is typed by the locale's encoding; ours is UTF-8 whatever the locale says.
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
  editor.reset(el_init("ridge", stdin, stdout, stderr));
  past.reset(history_init());
  if (!editor || !past) {
    interactive = false;
    return;
  }
  el_set(editor.get(), EL_CLIENTDATA, this);
  el_set(
      editor.get(), EL_PROMPT, +[](EditLine* self) -> char* {
        void* data = nullptr;
        el_get(self, EL_CLIENTDATA, &data);
        return static_cast<State*>(data)->prompt.data();
      });
  el_set(editor.get(), EL_EDITOR, "emacs");
  el_set(editor.get(), EL_GETCFN, read_character);
  el_set(editor.get(), EL_BIND, "^R", "em-inc-search-prev", nullptr);
  HistEvent event;
  history(past.get(), &event, H_SETSIZE, kHistoryLines);
  history(past.get(), &event, H_SETUNIQUE, 1);
  history(past.get(), &event, H_LOAD, history_file.c_str());
  el_set(editor.get(), EL_HIST, history, past.get());
}

// In place of libedit's own reader, which goes on reading after a signal.
int LineEditor::State::read_character(EditLine* self, wchar_t* out) {
  void* data = nullptr;
  el_get(self, EL_CLIENTDATA, &data);
  const State& state = *static_cast<State*>(data);
  std::mbstate_t decoding{};
  for (;;) {
    if (state.interrupt.interrupted()) return -1;
    pollfd ready{.fd = 0, .events = POLLIN, .revents = 0};
    // A signal between the check above and the wait is seen when the wait ends.
    if (::poll(&ready, 1, 100) <= 0) continue;
    char byte = 0;
    const ssize_t n = ::read(0, &byte, 1);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return int(n);
    // A Ctrl-D typed ahead, before libedit took the terminal: the kernel keeps it as a NUL.
    if (byte == 0) byte = kEndOfText;
    const size_t used = std::mbrtowc(out, &byte, 1, &decoding);
    if (used == size_t(-2)) continue;
    if (used == size_t(-1)) {
      decoding = {};
      continue;
    }
    return 1;
  }
}

void LineEditor::State::remember(const std::string& line) {
  if (line.find_first_not_of(" \t") == std::string::npos) return;
  HistEvent event;
  history(past.get(), &event, H_ENTER, line.c_str());
  std::error_code error;
  std::filesystem::create_directories(history_file.parent_path(), error);
  history(past.get(), &event, H_SAVE, history_file.c_str());
  std::filesystem::permissions(
      history_file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write,
      error);
}

LineEditor::Read LineEditor::State::read_terminal() {
  int length = 0;
  const char* line = el_gets(editor.get(), &length);
  if (interrupt.interrupted()) return {.outcome = Outcome::kInterrupted};
  if (line == nullptr || length <= 0) return {};
  std::string text(line, size_t(length));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  remember(text);
  return {.outcome = Outcome::kLine, .text = std::move(text)};
}

LineEditor::Read LineEditor::State::read_plain() const {
  std::string line;
  const bool got = bool(std::getline(std::cin, line));
  if (interrupt.interrupted()) return {.outcome = Outcome::kInterrupted};
  if (!got) return {};
  return {.outcome = Outcome::kLine, .text = std::move(line)};
}

LineEditor::LineEditor(const InterruptScope& interrupt, std::filesystem::path history)
    : state_(std::make_unique<State>(interrupt, std::move(history))) {
  if (state_->interactive) state_->open();
}

LineEditor::~LineEditor() = default;

LineEditor::Read LineEditor::read(const std::string& prompt) {
  state_->prompt = prompt;
  return state_->interactive ? state_->read_terminal() : state_->read_plain();
}

}  // namespace ridge::cli
