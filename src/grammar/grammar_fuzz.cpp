// Schemas, GBNF and regular expressions from anybody: every one is compiled or refused with a
// sentence, in bounded time, and what is compiled can be walked. The first byte says which it is.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "grammar/compiler.h"
#include "grammar/test_vocabulary.h"

namespace {

using namespace ridge::grammar;  // NOLINT(google-build-using-namespace)

Source source_of(uint8_t kind, std::string text) {
  switch (kind % 4) {
    case 0:
      return JsonSchema{std::move(text), Extras::kAsSchemaSays};
    case 1:
      return JsonSchema{std::move(text), Extras::kNever, Tags{"<p=", ">\n", "\n</p>", "\n"}};
    case 2:
      return Gbnf{std::move(text)};
    default:
      return Regex{std::move(text)};
  }
}

CompilerLimits small_limits() {
  CompilerLimits limits;
  limits.nodes = 2000;  // instrumented code is slow
  limits.cache_bytes = 1 << 20;
  return limits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const Vocabulary vocabulary = TestVocabulary::make();
  static GrammarCompiler compiler(vocabulary, small_limits());
  try {
    const auto grammar = compiler.compile(
        source_of(data[0], std::string(reinterpret_cast<const char*>(data + 1), size - 1)));
    const auto constraint = make_constraint(grammar);
    std::vector<uint32_t> bits((vocabulary.bytes.size() + 31) / 32);
    for (size_t step = 0; step < 40; ++step) {
      if (!constraint->allowed(bits)) break;
      const size_t begin = data[step % size];
      size_t token = vocabulary.bytes.size();
      for (size_t i = 0; i < vocabulary.bytes.size() && token == vocabulary.bytes.size(); ++i) {
        const size_t t = (begin + i) % vocabulary.bytes.size();
        if ((bits[t / 32] >> (t % 32)) & 1) token = t;
      }
      if (token == vocabulary.bytes.size()) break;
      constraint->accept(int32_t(token));
      if (token == TestVocabulary::kEnd) break;
    }
  } catch (const ridge::Error& error) {
    if (error.code() != ridge::ErrorCode::kInvalidArgument) __builtin_trap();
  }
  return 0;
}
