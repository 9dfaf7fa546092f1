#include "cli/bench/prompt_maker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/strcat.h"

namespace ridge::cli {
namespace {

constexpr std::array<std::string_view, 64> kWords{
    "river",  "stone",  "window",   "garden", "summer",  "letter",  "bridge",  "market",
    "silver", "forest", "winter",   "island", "mirror",  "castle",  "button",  "basket",
    "candle", "copper", "desert",   "engine", "falcon",  "guitar",  "hammer",  "insect",
    "jacket", "kettle", "ladder",   "magnet", "needle",  "orange",  "pepper",  "quartz",
    "rocket", "saddle", "tunnel",   "valley", "wallet",  "yellow",  "zipper",  "anchor",
    "beacon", "cotton", "dragon",   "ember",  "feather", "glacier", "harbor",  "ivory",
    "jungle", "kitten", "lemon",    "meadow", "nickel",  "ocean",   "pencil",  "rabbit",
    "shadow", "ticket", "umbrella", "violin", "walnut",  "temple",  "harvest", "thunder"};
constexpr std::string_view kWish =
    "\n\nWrite a very long story in which all of these words appear, and do not stop.";

}  // namespace

int64_t TokenCount::words_for(int64_t n_tokens) const {
  return std::max<int64_t>(1, std::llround((double(n_tokens) - overhead) / per_word));
}

TokenCount fit_count(int64_t words_a, int64_t tokens_a, int64_t words_b, int64_t tokens_b) {
  TokenCount count;
  const double slope = double(tokens_b - tokens_a) / double(words_b - words_a);
  if (slope < 0.1 || slope > 20) return count;  // no count of tokens
  count.per_word = slope;
  count.overhead = std::max(0.0, double(tokens_a) - slope * double(words_a));
  return count;
}

std::string PromptMaker::words(int64_t n) {
  std::string text;
  for (int64_t i = 0; i < n; ++i) {
    text += cat(i == 0 ? "" : " ", kWords[size_t(rng_.below(kWords.size()))]);
  }
  return text;
}

std::string PromptMaker::words_to_write_about(int64_t n) {
  return words(n) + std::string(kWish);
}

}  // namespace ridge::cli
