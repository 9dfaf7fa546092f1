#include "bench/start.h"

#include <chrono>
#include <fstream>
#include <vector>

#include "bench/page_cache.h"
#include "bench/runner.h"

namespace ridge {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void read_all(std::span<const std::filesystem::path> files) {
  std::vector<char> block(1 << 20);
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    while (in.read(block.data(), std::streamsize(block.size())) || in.gcount() > 0) {
    }
  }
}

}  // namespace

StartSample measure_start(const std::filesystem::path& path, StartKind kind,
                          const std::function<std::unique_ptr<Backend>()>& make_backend,
                          WeightPlacement placement) {
  const auto parts = [&] {
    const gguf::File file = gguf::File::open(path);
    return std::vector(file.parts().begin(), file.parts().end());
  }();
  if (kind == StartKind::kCold) drop_from_cache(parts);
  if (kind == StartKind::kWarm) read_all(parts);
  StartSample sample{.cached_before = cached_share(parts).share()};
  const auto start = Clock::now();
  const std::unique_ptr<Backend> backend = make_backend();
  const BenchModel model(gguf::File::open(path), *backend, {}, placement);
  sample.load_seconds = since(start);
  const BenchTest test{.n_prompt = kStartPrompt, .n_gen = 0};
  Runner runner(model, cache_for({test}));
  runner.run(test);
  sample.first_token_seconds = since(start);
  return sample;
}

}  // namespace ridge
