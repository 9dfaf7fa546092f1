// Tokenizer: text to token ids and back, exactly as the model's original does it. Made from a
// GGUF's metadata (a vocabulary-only file suffices). Immutable: share one between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/metadata.h"

namespace ridge::text {

using Token = int32_t;

enum class TokenType : uint8_t {  // numbers as in GGUF's tokenizer.ggml.token_type
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

// Half-open byte range of a text.
struct Range {
  size_t begin = 0;
  size_t end = 0;
};

enum class SpecialTokens {
  kParse,   // "<|im_end|>" in the text becomes the control token
  kAsText,  // it is spelled out in ordinary tokens
};

class Tokenizer {
 public:
  // Throws Error{kInvalidFile} for a vocabulary that contradicts itself and Error{kUnsupported} for
  // a model or pre-tokenizer that is not implemented, naming it.
  static std::shared_ptr<const Tokenizer> from_metadata(const gguf::Metadata& metadata);
  virtual ~Tokenizer() = default;

  // Never throws on any bytes: malformed UTF-8 is encoded as the original does. Adds no BOS or EOS.
  virtual std::vector<Token> encode(std::string_view text, SpecialTokens policy) const = 0;
  // Control tokens are recognised only where they lie wholly inside one of the trusted ranges
  // (ascending, disjoint): how a rendered chat template keeps user text from becoming control.
  virtual std::vector<Token> encode(std::string_view text,
                                    std::span<const Range> trusted) const = 0;

  // The bytes of one token, as it stands inside a text. Control tokens give nothing under kAsText
  // and their name under kParse. An id out of range gives nothing.
  virtual std::string piece(Token token, SpecialTokens policy) const = 0;
  // All tokens together, including what depends on neighbours (SentencePiece's first space).
  virtual std::string decode(std::span<const Token> tokens, SpecialTokens policy) const = 0;

  virtual int n_vocab() const = 0;
  virtual std::string_view token_text(Token token) const = 0;  // as in the file, undecoded
  virtual TokenType type(Token token) const = 0;
  virtual Token find(std::string_view token_text) const = 0;  // -1: none

  virtual Token bos() const = 0;  // -1: none
  virtual Token eos() const = 0;
  virtual bool adds_bos() const = 0;
  virtual bool adds_eos() const = 0;
  // End of generation: EOS, end of turn, end of message, … .
  virtual bool ends_generation(Token token) const = 0;
  virtual std::string_view model() const = 0;          // "bpe", "spm"
  virtual std::string_view pre_tokenizer() const = 0;  // "llama-bpe", …
};

// Feeds tokens in and gives text out as soon as it is whole UTF-8: a character that spans tokens is
// held back until its last byte. One per stream; one thread.
class StreamDecoder {
 public:
  StreamDecoder(const Tokenizer& tokenizer, SpecialTokens policy);
  std::string push(Token token);  // what became printable
  std::string finish();           // the rest; a cut character becomes U+FFFD

 private:
  const Tokenizer& tokenizer_;
  SpecialTokens policy_;
  std::string pending_;
  bool at_start_ = true;
};

}  // namespace ridge::text
