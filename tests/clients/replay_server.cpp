// usage: replay_server MODEL SCRIPT FOLDER KEY
//
// Serves what SCRIPT says (clients/replay.h) as `ridge serve MODEL --api-key KEY` would, with the
// vocabulary and the chat template of MODEL, around one small layer of random weights, so that
// agents' prompts of 20,000 tokens cost seconds. That model is written to FOLDER. A signal ends it.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <mutex>

#include "base/error.h"
#include "base/strcat.h"
#include "cli/serve_screen.h"
#include "clients/replay.h"
#include "cpu/cpu_backend.h"
#include "gguf/describe.h"
#include "gguf/file.h"
#include "server/app.h"
#include "server/engine_generator.h"
#include "synth/random_model.h"

namespace ridge {
namespace {

constexpr int64_t kContext = 65536;

std::filesystem::path write_small_model(const std::filesystem::path& model,
                                        const std::filesystem::path& folder) {
  const gguf::File file = gguf::File::open(model);
  gguf::Metadata metadata = file.metadata();
  const std::string architecture(gguf::architecture_name(file));
  const auto set = [&](const char* key, uint32_t n) { metadata.set(architecture + key, n); };
  set(".block_count", 1);
  set(".context_length", uint32_t(kContext));
  set(".embedding_length", 64);
  set(".feed_forward_length", 128);
  set(".attention.head_count", 2);
  set(".attention.head_count_kv", 1);
  const std::filesystem::path path = folder / "replay.gguf";
  write_random_model(path, metadata,
                     {.dtype = DType::kQ8_0, .has_tensor = [](std::string_view name) {
                        return name.ends_with(".bias") && name.find("attn_output") == name.npos;
                      }});
  return path;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(ErrorCode::kNotFound, "no file ", path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

void serve(const std::filesystem::path& model, const std::filesystem::path& script,
           const std::filesystem::path& folder, const std::string& key) {
  const std::filesystem::path small = write_small_model(model, folder);
  const auto backend = cpu::make_backend();
  Service service(small, *backend, {.engine = {.context = kContext}});
  server::EngineGenerator engine(service,
                                 {.id = model.stem().string(), .model = small, .n_slots = 4});
  std::mutex writing;
  const auto say = [&](std::string_view line) {
    const std::lock_guard lock(writing);
    std::fprintf(stderr, "%.*s\n", int(line.size()), line.data());
  };
  server::Replay replay(engine, server::ReplayScript::from_json(read_whole(script)), say);
  const server::AccessOptions access{.keys = {key}, .hosts = {}, .origins = {}};
  server::App app(replay, access, say);
  server::HttpServer http({}, app);
  app.watch(http);
  http.drain_on_signals(std::chrono::seconds(5));
  say(cli::serve_screen({.url = cat("http://127.0.0.1:", http.port()),
                         .model = engine.card().id,
                         .n_context = kContext,
                         .n_parallel = 4,
                         .tool_format = engine.card().family,
                         .wants_key = true}));
  http.run();
}

}  // namespace
}  // namespace ridge

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: replay_server MODEL SCRIPT FOLDER KEY\n", stderr);
    return 2;
  }
  try {
    ridge::serve(argv[1], argv[2], argv[3], argv[4]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
