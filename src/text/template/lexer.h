// Template source to tokens, with the whitespace control of Jinja2 under trim_blocks and
// lstrip_blocks. Throws Error{kInvalidFile} with the line. Stateless; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::text {

enum class TokenKind : uint8_t {
  kData,           // text outside of tags
  kVariableBegin,  // {{
  kVariableEnd,
  kBlockBegin,  // {%
  kBlockEnd,
  kName,
  kString,  // value is unescaped
  kInteger,
  kFloat,
  kOperator,
  kEnd,
};

struct LexToken {
  TokenKind kind = TokenKind::kEnd;
  int line = 1;
  std::string value;
};

// The last token is kEnd.
std::vector<LexToken> tokenize(std::string_view source);

[[noreturn]] void fail_syntax(int line, std::string_view reason);

}  // namespace ridge::text
