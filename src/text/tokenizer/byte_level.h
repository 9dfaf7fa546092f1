// The alphabet of byte-level BPE: GPT-2 writes each byte as one printable character, so that tokens
// are ordinary text in a vocabulary file. Stateless, any thread.
#pragma once

#include <string>
#include <string_view>

namespace ridge::text {

// "Ġhello" for " hello".
void append_byte_level(std::string& out, std::string_view bytes);

// The bytes that a vocabulary entry stands for; characters outside the alphabet stay as they are.
std::string from_byte_level(std::string_view text);

}  // namespace ridge::text
