#include "text/tokenizer/byte_level.h"

#include <array>
#include <cstdint>

#include "text/tokenizer/unicode.h"

namespace ridge::text {
namespace {

// Printable Latin-1 stands for itself; the other 68 bytes follow from U+0100 on, in order.
constexpr bool is_printable(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

constexpr auto code_of_byte() {
  std::array<uint16_t, 256> codes{};
  uint16_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    codes[byte] = is_printable(byte) ? static_cast<uint16_t>(byte) : next++;
  }
  return codes;
}

constexpr auto kCodeOfByte = code_of_byte();

constexpr auto byte_of_code() {
  std::array<int16_t, 0x144> bytes{};
  bytes.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) bytes[kCodeOfByte[byte]] = static_cast<int16_t>(byte);
  return bytes;
}

constexpr auto kByteOfCode = byte_of_code();

}  // namespace

void append_byte_level(std::string& out, std::string_view bytes) {
  for (const char c : bytes) append_utf8(out, kCodeOfByte[static_cast<unsigned char>(c)]);
}

std::string from_byte_level(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Char c = char_at(text, i);
    const int byte = c.code < kByteOfCode.size() ? kByteOfCode[c.code] : -1;
    if (byte >= 0) {
      out += static_cast<char>(byte);
    } else {
      out += text.substr(i, c.size);
    }
    i += c.size;
  }
  return out;
}

}  // namespace ridge::text
