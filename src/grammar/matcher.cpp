#include "grammar/matcher.h"

#include <algorithm>

#include "base/check.h"
#include "grammar/char_set.h"

namespace ridge::grammar {
namespace {

// Beyond, ways that a further count opens are not followed: those that are stay valid.
constexpr size_t kMostWaysBesides = 8;
// Tokens that may be taken back one time after another.
constexpr size_t kMostKept = 4 * size_t(Constraint::kMostTakenBack);

void forbid_all(std::span<uint32_t> bits, const std::vector<int32_t>& tokens) {
  for (const int32_t token : tokens) forbid(bits, token);
}

}  // namespace

Matcher::Matcher(std::shared_ptr<const CompiledGrammar> grammar) : grammar_(std::move(grammar)) {
  ways_.emplace_back(xgrammar::GrammarMatcher(grammar_->compiled()));
  const int n_vocab = grammar_->compiled().GetTokenizerInfo().GetVocabSize();
  n_words_ = size_t(n_vocab + 31) / 32;
}

const std::string& Matcher::text_of(int32_t token) const {
  return grammar_->compiled().GetTokenizerInfo().GetDecodedVocab()[size_t(token)];
}

bool Matcher::allowed(std::span<uint32_t> bits) {
  bool binds = true;
  bool first = true;
  for (Way& way : ways_) {
    if (way.n_missed > 0) continue;
    if (first) {
      binds = fill(way, bits);
      first = false;
      continue;
    }
    others_.assign(bits.size(), 0);
    binds = fill(way, others_) && binds;
    for (size_t i = 0; i < bits.size(); ++i) bits[i] |= others_[i];
  }
  return binds;
}

bool Matcher::fill(Way& way, std::span<uint32_t> bits) const {
  if (way.matcher.IsTerminated()) {  // nothing follows the end
    std::fill(bits.begin(), bits.end(), 0u);
    return true;
  }
  int64_t n_words = std::ssize(bits);
  DLTensor tensor{};
  tensor.data = bits.data();
  tensor.device = {kDLCPU, 0};
  tensor.ndim = 1;
  tensor.dtype = xgrammar::GetBitmaskDLType();
  tensor.shape = &n_words;
  const bool binds = way.matcher.FillNextTokenBitmask(&tensor);
  if (way.now.count != nullptr) {
    const Count& count = *way.now.count;
    count.lengths->forbid_breaking(count.text, way.now.counter, bits);
    return true;
  }
  if (!way.at_marks) return binds;
  forbid_all(bits, grammar_->mark_beginnings());
  return true;
}

void Matcher::accept(int32_t token) {
  const size_t n_before = ways_.size();
  for (size_t i = 0; i < n_before; ++i) {
    Way& way = ways_[i];
    if (way.n_missed > 0 || !accept(way, token)) {
      ++way.n_missed;
    } else if (way.now.count == nullptr && !grammar_->counts().empty()) {
      begin_counts(i, token);
    }
  }
  std::erase_if(ways_, [](const Way& way) { return way.n_missed > int(kMostKept); });
  RIDGE_CHECK(std::any_of(ways_.begin(), ways_.end(), [](auto& way) { return way.n_missed == 0; }));
}

bool Matcher::accept(Way& way, int32_t token) const {
  const auto& marks = grammar_->mark_beginnings();
  if (way.at_marks && std::find(marks.begin(), marks.end(), token) != marks.end()) return false;
  Counting after = way.now;
  if (after.count != nullptr) {
    const auto state = after.counter.push(text_of(token));
    if (state == TextCounter::State::kBroken) return false;
    if (state == TextCounter::State::kEnded) after = {};
  }
  if (!way.matcher.AcceptToken(token)) return false;
  way.steps.push_back({1, way.now});
  if (way.steps.size() > kMostKept) way.steps.pop_front();
  way.now = after;
  way.at_marks = false;
  return true;
}

// A mark stands where a token ends: nothing that a token may say goes across one.
void Matcher::begin_counts(size_t index, int32_t token) {
  if (ways_[index].matcher.IsTerminated()) return;
  const std::string& text = text_of(token);
  std::vector<const Count*> begun;
  for (const Count& count : grammar_->counts()) {
    if (text.empty() || text.back() != count.text.after) continue;
    if (!ways_[index].matcher.AcceptString(count.mark)) continue;
    ways_[index].matcher.Rollback(1);
    begun.push_back(&count);
  }
  if (begun.empty()) return;
  const bool others = has_others(ways_[index], begun);
  if (!others && begun.size() == 1) return begin_count(ways_[index], *begun[0]);
  for (const Count* count : begun) {
    if (ways_.size() > kMostWaysBesides) break;
    Way& way = ways_.emplace_back(ways_[index].matcher.Fork());
    begin_count(way, *count);
  }
  Way& way = ways_[index];
  if (others) {
    way.at_marks = true;
    return;
  }
  take_back(way, 1);
  way.n_missed = 1;
}

void Matcher::begin_count(Way& way, const Count& count) {
  RIDGE_CHECK(way.matcher.AcceptString(count.mark));
  if (!way.steps.empty()) ++way.steps.back().n_entries;
  way.now = {&count, TextCounter(count.text)};
}

// Whether anything but a mark may come. That the text ends at once is no other way where the count
// allows it.
bool Matcher::has_others(Way& way, const std::vector<const Count*>& begun) {
  way.at_marks = true;
  others_.assign(n_words_, 0);
  fill(way, others_);
  way.at_marks = false;
  const bool may_be_empty = std::any_of(begun.begin(), begun.end(),
                                        [](const Count* count) { return count->text.min == 0; });
  if (may_be_empty) forbid_all(others_, grammar_->quotes());
  return std::any_of(others_.begin(), others_.end(), [](uint32_t word) { return word != 0; });
}

void Matcher::take_back(int n) {
  for (Way& way : ways_) take_back(way, n);
  // Those that began with what was taken back have never been.
  std::erase_if(ways_, [](const Way& way) { return way.n_missed < 0; });
}

void Matcher::take_back(Way& way, int n) {
  const int missed = std::min(n, way.n_missed);
  way.n_missed -= missed;
  for (n -= missed; n > 0; --n) {
    if (way.steps.empty()) {
      way.n_missed = -1;
      return;
    }
    way.matcher.Rollback(way.steps.back().n_entries);
    way.now = way.steps.back().before;
    way.steps.pop_back();
    way.at_marks = false;
  }
}

std::shared_ptr<Constraint> make_constraint(std::shared_ptr<const Grammar> grammar) {
  auto compiled = std::dynamic_pointer_cast<const CompiledGrammar>(std::move(grammar));
  RIDGE_CHECK(compiled != nullptr);
  return std::make_shared<Matcher>(std::move(compiled));
}

}  // namespace ridge::grammar
