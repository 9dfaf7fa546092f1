// Where an answer goes while it is written: to the output piece by piece, or only into text(). A
// terminal gets it without control characters that it would obey. One answer, one thread.
#pragma once

#include <string>
#include <string_view>

#include "cli/ui/output.h"

namespace ridge::cli {

class AnswerSink {
 public:
  enum class Mode { kStream, kKeep };
  AnswerSink(Output& out, Mode mode);

  void push(std::string_view piece);
  void finish();  // a streamed answer ends with a line feed
  const std::string& text() const { return text_; }

 private:
  Output& out_;
  Mode mode_;
  bool terminal_;
  std::string text_;
};

}  // namespace ridge::cli
