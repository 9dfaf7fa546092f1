#include "sample/candidates.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace ridge::sample {
namespace {

constexpr size_t kLanes = 16;  // compilers turn loops over this many floats into vector code
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct BlockPeak {
  float max = -kInfinity;
  bool is_sound = true;  // no NaN, no +inf
};

BlockPeak peak_of(std::span<const float> block) {
  float max[kLanes];
  uint32_t unsound[kLanes] = {};
  std::fill(max, max + kLanes, -kInfinity);
  size_t i = 0;
  for (; i + kLanes <= block.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float x = block[i + lane];
      max[lane] = x > max[lane] ? x : max[lane];
      unsound[lane] |= x < kInfinity ? 0u : 1u;
    }
  }
  for (; i < block.size(); ++i) {
    max[0] = block[i] > max[0] ? block[i] : max[0];
    unsound[0] |= block[i] < kInfinity ? 0u : 1u;
  }
  BlockPeak peak;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    peak.max = std::max(peak.max, max[lane]);
    peak.is_sound = peak.is_sound && unsound[lane] == 0;
  }
  return peak;
}

float max_of(std::span<const float> block) {
  float max[kLanes];
  std::fill(max, max + kLanes, -kInfinity);
  size_t i = 0;
  for (; i + kLanes <= block.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      max[lane] = block[i + lane] > max[lane] ? block[i + lane] : max[lane];
    }
  }
  for (; i < block.size(); ++i) max[0] = std::max(max[0], block[i]);
  return *std::max_element(max, max + kLanes);
}

[[noreturn]] void fail_unsound(std::span<const float> logits) {
  const auto bad =
      std::find_if(logits.begin(), logits.end(), [](float x) { return !(x < kInfinity); });
  fail(ErrorCode::kDevice, "the logit of token ", bad - logits.begin(), " is ", *bad,
       ", wanted a finite number or -inf: the model or the back end is broken");
}

template <class Visit>
void for_each_block(std::span<const float> logits, size_t size, Visit visit) {
  for (size_t begin = 0; begin < logits.size(); begin += size) {
    visit(begin, logits.subspan(begin, std::min(size, logits.size() - begin)));
  }
}

// Most blocks of this size hold nothing that is wanted, and one comparison says so.
constexpr size_t kGatherBlock = 128;

}  // namespace

Candidate find_best(std::span<const float> logits) {
  float best = -kInfinity;
  size_t best_block = 0;
  bool is_sound = true;
  for_each_block(logits, 1024, [&](size_t begin, std::span<const float> block) {
    const BlockPeak peak = peak_of(block);
    is_sound = is_sound && peak.is_sound;
    if (peak.max > best) {
      best = peak.max;
      best_block = begin;
    }
  });
  if (!is_sound) fail_unsound(logits);
  if (best == -kInfinity) {
    fail(ErrorCode::kDevice, "no token is left to choose: all ", logits.size(), " logits are -inf");
  }
  const auto at = std::find(logits.begin() + ptrdiff_t(best_block), logits.end(), best);
  return {best, int32_t(at - logits.begin())};
}

void sort_best(Candidates& candidates, size_t k) {
  if (k < candidates.size()) {
    std::nth_element(candidates.begin(), candidates.begin() + ptrdiff_t(k), candidates.end(),
                     better);
  }
  std::sort(candidates.begin(), candidates.begin() + ptrdiff_t(std::min(k, candidates.size())),
            better);
}

void gather_best(std::span<const float> logits, int k, Candidates& out) {
  const size_t wanted = std::min(size_t(k), logits.size());
  // Room for as many again, so that a cut to the k best pays for itself.
  const size_t room = std::min(logits.size(), wanted + std::max<size_t>(wanted, 256));
  out.clear();
  float floor = -kInfinity;  // what a token must exceed; later tokens lose a tie
  const auto cut = [&] {
    std::nth_element(out.begin(), out.begin() + ptrdiff_t(wanted - 1), out.end(), better);
    out.resize(wanted);
    floor = out.back().logit;
  };
  for_each_block(logits, kGatherBlock, [&](size_t begin, std::span<const float> block) {
    if (!(max_of(block) > floor)) return;
    for (size_t i = 0; i < block.size(); ++i) {
      if (!(block[i] > floor)) continue;
      out.push_back({block[i], int32_t(begin + i)});
      if (out.size() == room && room > wanted) cut();
    }
  });
  sort_best(out, wanted);
  out.resize(std::min(out.size(), wanted));
}

void gather_above(std::span<const float> logits, float floor, Candidates& out) {
  out.clear();
  const float least = std::max(floor, std::numeric_limits<float>::lowest());
  for_each_block(logits, kGatherBlock, [&](size_t begin, std::span<const float> block) {
    if (!(max_of(block) >= least)) return;
    for (size_t i = 0; i < block.size(); ++i) {
      if (block[i] >= least) out.push_back({block[i], int32_t(begin + i)});
    }
  });
}

}  // namespace ridge::sample
