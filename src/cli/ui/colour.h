// Text in colour, or as it is: a Palette is off unless its stream is a terminal that shows colours
// and NO_COLOR is unset. A value; any thread.
#pragma once

#include <string>
#include <string_view>

namespace ridge::cli {

class Palette {
 public:
  enum class Mode { kPlain, kColoured };
  explicit Palette(Mode mode) : coloured_(mode == Mode::kColoured) {}

  bool coloured() const { return coloured_; }
  std::string bold(std::string_view text) const { return wrap("1", text); }
  std::string dim(std::string_view text) const { return wrap("2", text); }
  std::string red(std::string_view text) const { return wrap("31", text); }
  std::string green(std::string_view text) const { return wrap("32", text); }

 private:
  std::string wrap(std::string_view code, std::string_view text) const {
    if (!coloured_) return std::string(text);
    std::string out = "\x1b[";
    out.append(code).append("m").append(text).append("\x1b[0m");
    return out;
  }

  bool coloured_;
};

}  // namespace ridge::cli
