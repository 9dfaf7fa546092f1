// The figures of one answer: rates, bytes and BUE (bandwidth utilisation efficiency: the bytes that
// decoding read per second over what this machine can read). Pure, but for peak_memory_bytes().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/engine.h"

namespace ridge::cli {

// Beside a loaded model bandwidth is measured with little memory: more than a desktop's cache
// keeps.
constexpr size_t kSmallBandwidthBytes = size_t{192} << 20;

struct RunStats {
  GenerateStats engine;
  double load_seconds = 0;
  double bandwidth = 0;      // bytes/s that a plain read loop gets here; 0: not measured
  uint64_t peak_memory = 0;  // bytes

  double prompt_rate() const;  // tokens/s of what was not in the cache; 0: nothing was read
  double decode_rate() const;  // tokens/s after the first token; 0: there was no second
  double read_rate() const;    // bytes/s of weights and cache while decoding
  double bue() const;          // 0..1
  // Of speculation; 0: nothing was drafted, or too little measured.
  double acceptance() const;       // 0..1
  double tokens_per_pass() const;  // of the model, after the prompt's
  double speed_up() const;         // over passes without guesses, as measured on this model
};

// One line: "prompt 612 tok/s (31) · decode 88.1 tok/s (64) · …"; what was not measured is left
// out.
std::string stats_line(const RunStats& stats);

uint64_t peak_memory_bytes();  // most resident memory of this process so far

}  // namespace ridge::cli
