#include "text/tokenizer/spm.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "text/tokenizer/unicode.h"

namespace ridge::text {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581

}  // namespace

JoinedPairs::Classified JoinedPairs::classify(std::string_view text, size_t begin) {
  const auto byte = static_cast<unsigned char>(text[begin]);
  if (byte < 0x80) return {byte, 1};
  if (text.substr(begin, kSpaceMark.size()) == kSpaceMark) return {129, kSpaceMark.size()};
  size_t size = 1;
  while (begin + size < text.size() &&
         (static_cast<unsigned char>(text[begin + size]) & 0xC0) == 0x80) {
    ++size;
  }
  return {128, size};
}

void JoinedPairs::add_all_of(std::string_view piece) {
  if (piece.empty()) return;
  Classified left = classify(piece, 0);
  for (size_t i = left.size; i < piece.size();) {
    const Classified right = classify(piece, i);
    pairs_.set(left.group * kClasses + right.group);
    i += right.size;
    left = right;
  }
}

size_t JoinedPairs::end_of_joined(std::string_view text, size_t begin) const {
  Classified left = classify(text, begin);
  size_t i = begin + left.size;
  while (i < text.size()) {
    const Classified right = classify(text, i);
    if (!pairs_[left.group * kClasses + right.group]) return i;
    i += right.size;
    left = right;
  }
  return i;
}

SpmTokenizer::SpmTokenizer(const gguf::Metadata& metadata, Order order)
    : BasicTokenizer(metadata, Vocabulary::from_metadata(metadata)),
      adds_space_prefix_(
          metadata.get_bool("tokenizer.ggml.add_space_prefix").value_or(order == Order::kByScore)),
      collapses_spaces_(
          metadata.get_bool("tokenizer.ggml.remove_extra_whitespaces").value_or(false)) {
  if (order == Order::kByMerges) {
    merges_.emplace(metadata, vocabulary());
  } else {
    rank_by_score();
  }
  find_joined_pairs();
  set_default_adds_bos(metadata, true);
  // A GGUF does not keep this property of added tokens; of the models with this kind of tokenizer
  // Phi-3 has it.
  if (metadata.get_string("general.architecture") == "phi3") strip_behind_special_tokens();
}

bool SpmTokenizer::is_mergeable(Token token) const {
  const TokenType kind = type(token);
  return kind == TokenType::kNormal || kind == TokenType::kUserDefined ||
         kind == TokenType::kUnused;
}

Token SpmTokenizer::mergeable(std::string_view text) const {
  const Token token = vocabulary().find(text);
  return token >= 0 && is_mergeable(token) ? token : -1;
}

void SpmTokenizer::rank_by_score() {
  if (!vocabulary().has_scores()) {
    fail(ErrorCode::kInvalidFile,
         "the vocabulary has no tokenizer.ggml.scores; a SentencePiece model needs one for each "
         "token");
  }
  std::vector<Token> order(static_cast<size_t>(n_vocab()));
  std::iota(order.begin(), order.end(), 0);
  const auto score = [this](Token token) { return vocabulary().score(token); };
  std::sort(order.begin(), order.end(), [&](Token a, Token b) { return score(a) > score(b); });
  ranks_.resize(order.size());
  uint32_t rank = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && score(order[i]) != score(order[i - 1])) ++rank;
    ranks_[static_cast<size_t>(order[i])] = rank;
  }
}

void SpmTokenizer::find_joined_pairs() {
  for (Token token = 0; token < n_vocab(); ++token) {
    if (!is_mergeable(token)) continue;
    const std::string_view text = vocabulary().text(token);
    max_piece_bytes_ = std::max(max_piece_bytes_, text.size());
    joined_.add_all_of(text);
  }
}

void SpmTokenizer::normalize(std::string_view text, bool begins_run, std::string& out) const {
  out.clear();
  out.reserve(text.size() + text.size() / 2);
  if (adds_space_prefix_ && begins_run) out += kSpaceMark;
  bool after_space = true;
  for (size_t i = 0; i < text.size();) {
    const Char c = char_at(text, i);
    const bool is_space = c.code == ' ';
    if (c.code == kReplacement) {
      out += kReplacementText;  // a malformed byte, too
    } else if (!is_space) {
      out += text.substr(i, c.size);
    } else if (!collapses_spaces_ || !after_space) {
      out += kSpaceMark;
    }
    after_space = is_space;
    i += c.size;
  }
  if (collapses_spaces_ && out.ends_with(kSpaceMark)) out.resize(out.size() - kSpaceMark.size());
}

void SpmTokenizer::encode_text(std::string_view text, bool begins_run, Work& work) const {
  normalize(text, begins_run, work.text);
  const std::string_view rest = work.text;
  for (size_t begin = 0; begin < rest.size();) {
    // No merge reaches from one stretch into the next: they can be encoded one by one.
    const size_t end = joined_.end_of_joined(rest, begin);
    const std::string_view word = rest.substr(begin, end - begin);
    if (!work.cache.lookup(word, work.tokens)) {
      const size_t n_before = work.tokens.size();
      encode_word(word, work.symbols, work.tokens);
      const auto made = std::span(work.tokens).subspan(n_before);
      // Runs of unknown characters are one token, also across words.
      if (std::find(made.begin(), made.end(), vocabulary().unknown) == made.end()) {
        work.cache.remember(word, made);
      }
    }
    begin = end;
  }
}

void SpmTokenizer::split_characters(std::string_view word, std::vector<Symbol>& symbols) const {
  symbols.clear();
  for (uint32_t i = 0; i < word.size();) {
    const uint32_t size = char_at(word, i).size;
    symbols.push_back({i, size, mergeable(word.substr(i, size))});
    i += size;
  }
}

Merge SpmTokenizer::merge_by_score(std::string_view both, size_t left_size, Splits& splits) const {
  if (both.size() > max_piece_bytes_) return {};
  const Token token = mergeable(both);
  if (token < 0) return {};
  if (type(token) == TokenType::kUnused) splits[both] = left_size;
  return {ranks_[static_cast<size_t>(token)], token};
}

void SpmTokenizer::encode_word(std::string_view word, std::vector<Symbol>& symbols,
                               std::vector<Token>& out) const {
  split_characters(word, symbols);
  Splits splits;
  if (merges_) {
    merge_symbols(symbols, [&](const Symbol& left, const Symbol& right) {
      return merges_->find(left.id, right.id);
    });
  } else {
    merge_symbols(symbols, [&](const Symbol& left, const Symbol& right) {
      return merge_by_score(word.substr(left.begin, left.size + right.size), left.size, splits);
    });
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.id >= 0 && splits.empty()) {
      out.push_back(symbol.id);
      continue;
    }
    append_resegmented(word.substr(symbol.begin, symbol.size), splits, out);
  }
}

void SpmTokenizer::append_resegmented(std::string_view text, const Splits& splits,
                                      std::vector<Token>& out) const {
  std::vector<std::string_view> rest{text};
  while (!rest.empty()) {
    const std::string_view part = rest.back();
    rest.pop_back();
    const Token token = mergeable(part);
    const auto split = splits.find(part);
    if (split != splits.end()) {
      rest.push_back(part.substr(split->second));
      rest.push_back(part.substr(0, split->second));
    } else if (token >= 0) {
      out.push_back(token);
    } else {
      append_unknown(part, out);
    }
  }
}

void SpmTokenizer::append_unknown(std::string_view text, std::vector<Token>& out) const {
  const bool has_bytes = std::all_of(text.begin(), text.end(), [this](char c) {
    return vocabulary().byte_token(static_cast<unsigned char>(c)) >= 0;
  });
  if (has_bytes) {
    for (const char c : text) {
      out.push_back(vocabulary().byte_token(static_cast<unsigned char>(c)));
    }
  } else if (const Token unknown = vocabulary().unknown;
             unknown >= 0 && (out.empty() || out.back() != unknown)) {
    out.push_back(unknown);
  }
}

std::string SpmTokenizer::normal_piece(Token token) const {
  std::string text = vocabulary().text(token);
  for (size_t i = text.find(kSpaceMark); i != text.npos; i = text.find(kSpaceMark, i + 1)) {
    text.replace(i, kSpaceMark.size(), 1, ' ');
  }
  return text;
}

}  // namespace ridge::text
