// Pre-tokenizers: how a text is cut into the pieces within which BPE merges. The originals are
// regular expressions; here each is a hand-written scanner that never looks at a character more
// than a fixed number of times. pre_tokenizers() maps the names of GGUF's tokenizer.ggml.pre.
// Stateless, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace ridge::text {

// The end of the piece that begins at text[begin]; begin < result <= text.size(). `text` is a piece
// of the stage before, and like a regular expression a stage sees nothing beyond it.
using Stage = size_t (*)(std::string_view text, size_t begin);

inline constexpr size_t kMaxStages = 6;

struct PreTokenizer {
  std::array<Stage, kMaxStages> stages{};  // up to the first null
  bool nfc = false;                        // the original composes the text first
  bool whole_words_first = false;  // a piece that is a token is that token, whatever the merges say
  bool adds_bos = false;           // unless tokenizer.ggml.add_bos_token says otherwise
};

struct NamedPreTokenizer {
  std::string_view name;
  PreTokenizer rules;
};

std::span<const NamedPreTokenizer> pre_tokenizers();
const PreTokenizer* find_pre_tokenizer(std::string_view name);  // null: unknown

// Hands the pieces of a text to a callback, in order; together they are the text.
class Pieces {
 public:
  explicit Pieces(const PreTokenizer& rules) : stages_(rules.stages) {
    while (n_stages_ < kMaxStages && stages_[n_stages_] != nullptr) ++n_stages_;
  }

  template <class Callback>
  void for_each(std::string_view text, Callback&& callback) const {
    struct Level {
      size_t begin = 0;
      size_t end = 0;
    };
    std::array<Level, kMaxStages + 1> levels{};  // [0]: the text, [i]: current piece of stage i - 1
    levels[0].end = text.size();
    size_t position = 0;
    while (position < text.size()) {
      for (size_t i = 1; i <= n_stages_; ++i) {
        if (position < levels[i].end) continue;
        const Level outer = levels[i - 1];
        const std::string_view region = text.substr(outer.begin, outer.end - outer.begin);
        levels[i] = {position, outer.begin + stages_[i - 1](region, position - outer.begin)};
      }
      const size_t end = levels[n_stages_].end;
      callback(text.substr(position, end - position));
      position = end;
    }
  }

 private:
  std::array<Stage, kMaxStages> stages_;
  size_t n_stages_ = 0;
};

}  // namespace ridge::text
