#include "text/template/strftime.h"

#include <array>

namespace ridge::text {

std::string format_time(const std::tm& time, std::string_view format) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    std::string directive = "%";
    // glibc's flags: %-d gives the day without a zero.
    while (i + 2 < format.size() &&
           std::string_view("-_0^#").find(format[i + 1]) != std::string_view::npos) {
      directive += format[++i];
    }
    const char letter = format[++i];
    directive += letter;
    if (letter == 'f') {
      out += "000000";
    } else if (letter != 'z' && letter != 'Z') {  // a naive time has no zone
      std::array<char, 256> buffer;
      out.append(buffer.data(),
                 std::strftime(buffer.data(), buffer.size(), directive.c_str(), &time));
    }
  }
  return out;
}

}  // namespace ridge::text
