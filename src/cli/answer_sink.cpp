#include "cli/answer_sink.h"

#include "cli/ui/format.h"

namespace ridge::cli {

AnswerSink::AnswerSink(Output& out, Mode mode)
    : out_(out), mode_(mode), terminal_(out.is_terminal()) {}

void AnswerSink::push(std::string_view piece) {
  text_.append(piece);
  if (mode_ == Mode::kKeep) return;
  out_.write(terminal_ ? printable(piece) : std::string(piece));
  out_.flush();
}

void AnswerSink::finish() {
  if (mode_ == Mode::kKeep || text_.ends_with('\n')) return;
  out_.write("\n");
  out_.flush();
}

}  // namespace ridge::cli
