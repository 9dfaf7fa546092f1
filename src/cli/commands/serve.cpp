// ridge serve: the server of a model, until a signal ends it.
#include <ctime>
#include <mutex>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/options/model_options.h"
#include "cli/options/server_options.h"
#include "cli/plan/load_record.h"
#include "cli/plan/predicted_speed.h"
#include "cli/serve_screen.h"
#include "cli/ui/format.h"
#include "cli/ui/progress.h"
#include "server/app.h"
#include "server/engine_generator.h"

namespace ridge::cli {
namespace {

struct ServeOptions {
  ModelOptions model;
  ServerOptions server;
  bool print_config = false;
  std::function<std::string()> config_text;
};

std::unique_ptr<Service> load_service(const ServeOptions& options,
                                      const std::filesystem::path& path, Backend& backend,
                                      Context& context) {
  const ServerOptions& server = options.server;
  ServiceOptions service{.engine = engine_options(options.model, context),
                         .n_running = server.n_parallel,
                         .n_waiting = server.n_queue,
                         .cache_ram_bytes = server.cache_ram_mib << 20,
                         .cache_disk = server.cache_disk,
                         .cache_disk_bytes = server.cache_disk_mib << 20};
  Progress progress(context.err, {.label = "loading " + path.stem().string()});
  auto loaded = std::make_unique<Service>(
      path, backend, service,
      [&progress](uint64_t done, uint64_t total) { progress.update(done, total); });
  progress.clear();
  warn_of_paging(loaded->memory_plan(), context);
  return loaded;
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%H:%M:%S ", &parts)};
}

std::string model_kind(const server::ModelCard& card) {
  return cat(card.architecture, ", ", card.quant, ", ",
             significant(double(card.n_parameters) / 1e9), " B parameters");
}

std::string url_of(const ServerOptions& options, int port) {
  const bool is_ipv6 = options.host.find(':') != std::string::npos;
  return cat(options.tls_certificate.empty() ? "http://" : "https://", is_ipv6 ? "[" : "",
             options.host, is_ipv6 ? "]" : "", ":", port);
}

std::vector<std::pair<std::string, int64_t>> memory_classes(const Service& service) {
  const MemoryNeeds& needs = service.memory_plan().needs;
  return {{"weights", service.weight_bytes()}, {"cache", needs.kv}, {"compute", needs.compute}};
}

// The cache of a server serves several requests: it is planned as one slot of so many tokens.
planner::RunSetup planned_setup(const ServeOptions& options, const Service& service,
                                const Context& context) {
  const EngineOptions asked = engine_options(options.model, context);
  return {.context = service.cache_tokens(),
          .k_dtype = asked.k_dtype,
          .v_dtype = asked.v_dtype,
          .batch = asked.batch};
}

// Weights that stay in the file are as fast as the disk, of which the planner knows nothing.
bool is_planned(const Service& service) {
  return service.memory_plan().placement == WeightPlacement::kMemory;
}

// The planner knows the machine as a whole, with all of its cores and its best kernels.
bool is_whole_machine(const ServeOptions& options) {
  return options.model.n_threads == 0 && options.model.isa.empty();
}

LoadFacts facts_of(const std::filesystem::path& path, const Service& service) {
  const MemoryNeeds& needs = service.memory_plan().needs;
  return {.command = "serve",
          .model = path,
          .allocated = {.weights = needs.experts + needs.other_weights,
                        .cache = service.status().kv_bytes,
                        .compute = needs.compute}};
}

int run_serve(const ServeOptions& options, Context& context) {
  if (options.print_config) {
    context.out.write(options.config_text());
    return kExitOk;
  }
  const server::AccessOptions access = access_options(options.server);
  const std::filesystem::path path = find_model(options.model.model, context);
  const auto backend = make_backend(options.model);
  const auto service = load_service(options, path, *backend, context);
  const std::string alias = options.server.alias;
  server::EngineGenerator generator(*service, {.id = alias.empty() ? path.stem().string() : alias,
                                               .model = path,
                                               .chat_template = options.server.chat_template_file,
                                               .n_slots = options.server.n_parallel});

  std::mutex writing;
  const bool quiet = options.server.quiet;
  server::App app(generator, access, [&](std::string_view line) {
    if (quiet) return;
    const std::lock_guard lock(writing);
    context.err.line(printable(cat(now_text(), line)));
  });
  if (options.server.log_texts) app.log().show_texts();
  server::HttpServer http(http_options(options.server), app);
  app.watch(http);
  server::Metrics::Fixed fixed;
  for (const auto& [name, bytes] : memory_classes(*service)) {
    fixed.memory_bytes.emplace_back(name, double(bytes));
  }
  std::optional<PlansHere> plans;
  if (is_planned(*service)) {
    plans = plans_here(path, planned_setup(options, *service, context), context);
  }
  std::optional<PredictedSpeed> speed;
  if (plans && is_whole_machine(options)) {
    speed = predict_speed(*plans, service->context() / 2);
    fixed.predicted_decode = speed->decode.value;
    fixed.predicted_prompt = speed->prefill.value;
  }
  app.metrics().set_fixed(std::move(fixed));
  const auto patience = std::chrono::milliseconds(int64_t(options.server.drain_seconds * 1000));
  http.drain_on_signals(patience);

  const server::ModelCard& card = generator.card();
  context.err.write(serve_screen({.url = url_of(options.server, http.port()),
                                  .model = card.id,
                                  .kind = model_kind(card),
                                  .n_context = card.n_context,
                                  .n_context_trained = card.n_context_trained,
                                  .context_reason = service->context_reason(),
                                  .n_parallel = options.server.n_parallel,
                                  .tool_format = card.family,
                                  .memory = memory_classes(*service),
                                  .speed = speed,
                                  .wants_key = !access.keys.empty()}));
  context.err.flush();
  LoadFacts facts = facts_of(path, *service);
  if (plans) keep_load(facts, *plans, context);
  http.run();
  const server::Metrics::Alone alone = app.metrics().alone();
  if (plans && alone.tokens_per_second > 0) {
    facts.depth = alone.depth;
    facts.decode_tok_s = alone.tokens_per_second;
    complete_load(facts, *plans, context);
  }
  return kExitOk;
}

constexpr const char* kDetails =
    R"(Serves one model over HTTP to whatever speaks OpenAI's chat completions, completions, embeddings or
Responses, Anthropic's Messages, or Ollama's API. Requests run together and share what they have in
common; a prompt that was read once is not read again. Parameters that have no effect are listed in
the answer's header X-Ridge-Warning, and those that cannot be kept are refused by name.

Only this machine can reach it, until --host says otherwise, and then clients must bring a key. One
SIGTERM (or Ctrl-C) lets running requests end, a second one does not.

  ridge serve qwen2.5-coder-1.5b
  ridge serve qwen2.5-coder-1.5b -c 32768 --parallel 2 --cache-disk ~/.cache/ridgeline/prompts
  ridge serve model.gguf --host 0.0.0.0 --api-key-file keys.txt --tls-cert cert.pem --tls-key key.pem
  ridge serve --config ridge.toml --port 9000
  ridge serve model.gguf --port 9000 --print-config > ridge.toml

  curl http://127.0.0.1:8080/v1/chat/completions -H 'Content-Type: application/json' \
    -d '{"messages": [{"role": "user", "content": "Hello"}], "stream": true}'

--config FILE reads a TOML file whose keys are the long names of these options; what the line says
goes before it. --print-config shows all of them with their values.)";

}  // namespace

void add_serve(CommandLine& line, Action& chosen) {
  const CommandText text{"serve", "Serve a model to agents and other programs", kDetails};
  add_command<ServeOptions>(
      line, chosen, text,
      [](OptionSet& set, ServeOptions& options) {
        options.model.speculate = "ngram";
        declare_model_options(set, options.model);
        declare_speculation(set, options.model);
        declare_server_options(set, options.server);
        set.flag("--print-config", options.print_config,
                 "Show every option and its value as a configuration file, and leave");
        set.take_config_file();
        options.config_text = [set] { return set.config_text(); };
      },
      run_serve);
}

}  // namespace ridge::cli
