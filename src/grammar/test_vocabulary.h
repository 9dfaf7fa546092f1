// A small vocabulary for tests: every byte, some longer tokens, two control tokens, one end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grammar/compiler.h"
#include "grammar/vocabulary.h"

namespace ridge::grammar {

struct TestVocabulary {
  static constexpr int32_t kCall = 256, kEndOfCall = 257, kEnd = 258;
  static Vocabulary make() {
    Vocabulary out;
    for (int byte = 0; byte < 256; ++byte) out.bytes.push_back(std::string(1, char(byte)));
    out.bytes.insert(out.bytes.end(), {"<call>", "</call>", "<end>"});
    for (const char* more : {"{\"", "\":", "\": ", "\", \"", "\"}", "true", "false", "null", ", ",
                             "12", "000", "  ", "the", " a", "\\n", "\\\"", "}]", "<|", "call>"}) {
      out.bytes.emplace_back(more);
    }
    out.control = {kCall, kEndOfCall};
    out.ends = {kEnd};
    return out;
  }
};

// Walks a text byte by byte, control tokens as <call> and </call> where `control` says so.
enum class ControlNamesIn { kTokens, kText };

inline std::vector<int32_t> byte_tokens(std::string_view text, ControlNamesIn control) {
  std::vector<int32_t> out;
  for (size_t i = 0; i < text.size();) {
    if (control == ControlNamesIn::kTokens && text.substr(i).starts_with("<call>")) {
      out.push_back(TestVocabulary::kCall);
      i += 6;
    } else if (control == ControlNamesIn::kTokens && text.substr(i).starts_with("</call>")) {
      out.push_back(TestVocabulary::kEndOfCall);
      i += 7;
    } else {
      out.push_back(static_cast<unsigned char>(text[i++]));
    }
  }
  return out;
}

inline bool is_allowed(Constraint& constraint, int32_t token) {
  const size_t n_words = (TestVocabulary::make().bytes.size() + 31) / 32;
  std::vector<uint32_t> bits(n_words, 0);
  if (!constraint.allowed(bits)) return true;
  return (bits[size_t(token) / 32] >> (token % 32)) & 1;
}

// Whether the whole text may be said and the answer may end there.
inline bool accepts(const std::shared_ptr<const Grammar>& grammar, std::string_view text,
                    ControlNamesIn control = ControlNamesIn::kTokens) {
  const auto constraint = make_constraint(grammar);
  for (const int32_t token : byte_tokens(text, control)) {
    if (!is_allowed(*constraint, token)) return false;
    constraint->accept(token);
  }
  return is_allowed(*constraint, TestVocabulary::kEnd);
}

}  // namespace ridge::grammar
