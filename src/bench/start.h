// What a start costs: opening and loading a model, then its first token, with the file in the
// system's memory (warm) or on the disk alone (cold). One thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "backend/backend.h"
#include "model/weights.h"

namespace ridge {

enum class StartKind { kWarm, kCold };

struct StartSample {
  double load_seconds = 0;
  double first_token_seconds = 0;  // loading, a prompt of kStartPrompt tokens, one token
  double cached_before = 0;        // share of the file that was in memory when it began

  // Above that a start was not cold, whatever was asked for.
  static constexpr double kColdShare = 0.05;
  bool is_cold() const { return cached_before <= kColdShare; }
  bool is_warm() const { return cached_before >= 1 - kColdShare; }
};
inline constexpr int64_t kStartPrompt = 16;

// path: a GGUF file. make_backend: threads and kernels are part of what a start pays for. A cold
// start drops the pages of this file alone; a warm one reads it once before. Throws Error.
StartSample measure_start(const std::filesystem::path& path, StartKind kind,
                          const std::function<std::unique_ptr<Backend>()>& make_backend,
                          WeightPlacement placement = WeightPlacement::kMemory);

}  // namespace ridge
