#include "engine/service.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "engine/checks.h"
#include "engine/draft_model.h"
#include "engine/prediction_drafter.h"
#include "engine/scheduler.h"
#include "engine/service_plan.h"
#include "gguf/file.h"
#include "kv/segment_file.h"
#include "model/transformer.h"
#include "spec/build.h"
#include "spec/tensors.h"

namespace ridge {
namespace {

using Clock = std::chrono::steady_clock;

// What the bytes of a cache depend on: the layout, the back end, the types, and the model, known by
// the beginning of its file and a piece of every tensor.
std::string cache_key(const gguf::File& file, const Backend& backend, const KvOptions& cache) {
  constexpr int kLayout = 1;
  constexpr uint64_t kBeginning = uint64_t{16} << 20;
  constexpr uint64_t kPiece = 4096;
  std::vector<std::byte> bytes(std::min(kBeginning, file.readers().front().size()));
  file.readers().front().read_at(0, bytes);
  uint64_t sum = kv::checksum(bytes);
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    bytes.resize(std::min(kPiece, tensor.n_bytes));
    file.read(tensor, (tensor.n_bytes - bytes.size()) / 2, bytes);
    sum = kv::checksum(bytes, sum);
  }
  return cat("layout ", kLayout, "; ", backend.name(), "; pages of ", cache.page_size, "; K ",
             info(cache.k_dtype).name, ", V ", info(cache.v_dtype).name, "; model of ",
             file.size_bytes(), " bytes, sum ", sum);
}

}  // namespace

struct Service::State {
  State(const gguf::File& file, const ModelSpec& spec, Backend& backend,
        const ServiceOptions& wanted, const LoadProgress& progress)
      : vocabulary(std::async(std::launch::async,
                              [&file] { return text::Tokenizer::from_metadata(file.metadata()); })),
        options(wanted),
        plan(plan_service(spec, file, backend, wanted)),
        model(file, spec, backend, progress, plan.memory.placement),
        tokenizer(vocabulary.get()),
        scheduler(model, backend, *tokenizer, scheduler_options(file, backend)),
        status(scheduler.status()) {}

  SchedulerOptions scheduler_options(const gguf::File& file, Backend& backend);
  RequestId submit(std::unique_ptr<Job> job);
  void run();
  std::string step();
  int64_t n_open() const;

  std::future<std::shared_ptr<const text::Tokenizer>> vocabulary;
  ServiceOptions options;
  ServicePlan plan;
  Transformer model;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  Scheduler scheduler;  // the thread's alone

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::unique_ptr<Job>> arrived;
  std::vector<RequestId> to_cancel;
  RequestId last_id = 0;
  int64_t n_taken = 0;  // of those that arrived, by the step at hand
  int64_t n_refused = 0;
  bool is_draining = false, is_ending = false;
  std::string broken;  // why nothing can be generated any more; empty: it can
  ServiceStatus status;
  Clock::time_point last_step{};
  bool is_working = false;
  std::thread thread;
};

SchedulerOptions Service::State::scheduler_options(const gguf::File& file, Backend& backend) {
  const SpeculationOptions& wanted = options.engine.speculation;
  SchedulerOptions chosen{.cache = plan.cache,
                          .context = plan.context,
                          .batch = plan.cache.max_batch,
                          .n_running = options.n_running,
                          .answer_reserve = options.answer_reserve,
                          .most_drafted = most_drafted(options),
                          .adapts = wanted.adapts,
                          .drafter = wanted.drafter,
                          .disk = {},
                          .weights_of_pass = {}};
  const KvOptions own = drafter_cache(plan);
  if (wanted.prediction_layer) {
    chosen.drafter =
        std::make_shared<PredictionDrafter>(file, model, backend, own, plan.memory.placement);
  } else if (!wanted.draft_model.empty()) {
    const DraftModel::Target target{*tokenizer, model.spec().n_vocab};
    chosen.drafter = std::make_shared<DraftModel>(wanted.draft_model, backend, target, own);
  }
  if (!options.cache_disk.empty() && options.cache_disk_bytes > 0) {
    chosen.disk = {.folder = options.cache_disk,
                   .max_bytes = options.cache_disk_bytes,
                   .key = cache_key(file, backend, plan.cache)};
  }
  const int64_t n_columns = options.n_running * (1 + chosen.most_drafted);
  for (int64_t n = 1; n <= n_columns; ++n) {
    chosen.weights_of_pass.push_back(active_weight_bytes(model.spec(), file, n));
  }
  return chosen;
}

Service::Service(const std::filesystem::path& path, Backend& backend, const ServiceOptions& options,
                 const LoadProgress& progress) {
  const gguf::File file = gguf::File::open(path);
  const ModelSpec spec = build_spec(file);
  state_ = std::make_unique<State>(file, spec, backend, options, progress);
  state_->thread = std::thread([this] { state_->run(); });
}

Service::~Service() {
  if (state_ == nullptr) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

const ModelSpec& Service::spec() const {
  return state_->model.spec();
}
std::shared_ptr<const text::Tokenizer> Service::tokenizer() const {
  return state_->tokenizer;
}
int64_t Service::context() const {
  return state_->plan.context;
}
const std::string& Service::context_reason() const {
  return state_->plan.context_reason;
}
int64_t Service::cache_tokens() const {
  return state_->plan.cache.n_tokens;
}
int64_t Service::weight_bytes() const {
  return state_->model.weight_bytes();
}
const MemoryPlan& Service::memory_plan() const {
  return state_->plan.memory;
}

RequestId Service::State::submit(std::unique_ptr<Job> job) {
  RequestId id = 0;
  {
    const std::lock_guard lock(mutex);
    if (!broken.empty()) {
      ++n_refused;
      fail(ErrorCode::kDevice, "it cannot generate any more: ", broken);
    }
    if (is_draining) {
      ++n_refused;
      fail(ErrorCode::kBusy, "the server is shutting down");
    }
    if (n_open() >= options.n_running + options.n_waiting) {
      ++n_refused;
      fail(ErrorCode::kBusy, options.n_running, " requests are running and ", options.n_waiting,
           " wait, which is as many as may; try again later");
    }
    id = job->id = ++last_id;
    arrived.push_back(std::move(job));
  }
  changed.notify_all();
  return id;
}

RequestId Service::submit(GenerateRequest request, std::shared_ptr<RequestSink> sink) {
  check_tokens(request.prompt, spec(), context());
  const Sampler checked(request.sampling, int(spec().n_vocab));  // throws where they are wrong
  auto job = std::make_unique<Job>(0, std::move(request), std::move(sink));
  return state_->submit(std::move(job));
}

void Service::cancel(RequestId id) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->to_cancel.push_back(id);
  }
  state_->changed.notify_all();
}

EmbeddingResult Service::embed(std::vector<text::Token> tokens) {
  check_tokens(tokens, spec(), context());
  auto answer = std::make_shared<std::promise<EmbeddingResult>>();
  GenerateRequest request;
  request.prompt = std::move(tokens);
  auto job = std::make_unique<Job>(0, std::move(request), nullptr);
  job->embedded = [answer](EmbeddingResult result) { answer->set_value(std::move(result)); };
  job->failed = [answer](const Error& error) {
    answer->set_exception(std::make_exception_ptr(error));
  };
  std::future<EmbeddingResult> result = answer->get_future();
  state_->submit(std::move(job));
  return result.get();
}

ServiceStatus Service::status() const {
  const std::lock_guard lock(state_->mutex);
  ServiceStatus status = state_->status;
  status.totals.n_refused = state_->n_refused;
  status.n_waiting += int64_t(state_->arrived.size());
  if (state_->is_working) {
    status.seconds_since_step =
        std::chrono::duration<double>(Clock::now() - state_->last_step).count();
  }
  return status;
}

bool Service::drain(double seconds) {
  std::unique_lock lock(state_->mutex);
  state_->is_draining = true;
  return state_->changed.wait_for(lock, std::chrono::duration<double>(seconds),
                                  [&] { return state_->n_open() == 0 && !state_->is_working; });
}

// Sinks are called without the mutex: they may ask for the status.
void Service::State::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] {
      return is_ending || !arrived.empty() || !to_cancel.empty() || scheduler.has_work();
    });
    if (is_ending) break;
    auto new_jobs = std::exchange(arrived, {});
    const auto cancelled = std::exchange(to_cancel, {});
    n_taken = int64_t(new_jobs.size());
    is_working = true;
    last_step = Clock::now();
    lock.unlock();
    for (std::unique_ptr<Job>& job : new_jobs) scheduler.add(std::move(job));
    for (const RequestId id : cancelled) scheduler.cancel(id);
    std::string failure = step();
    ServiceStatus now = scheduler.status();
    lock.lock();
    is_working = scheduler.has_work();
    n_taken = 0;
    if (!failure.empty()) broken = std::move(failure);
    if (!broken.empty()) now.failure = broken;
    status = std::move(now);
    changed.notify_all();
  }
  for (std::unique_ptr<Job>& job : arrived) scheduler.add(std::move(job));
  arrived.clear();
  lock.unlock();
  scheduler.fail_all(Error(ErrorCode::kCancelled, "the server has stopped"));
}

// Returns why nothing can be generated any more; empty: it can.
std::string Service::State::step() {
  try {
    scheduler.step();
    return {};
  } catch (const std::bad_alloc&) {
    scheduler.fail_all(Error(ErrorCode::kOutOfMemory, "the system has no memory left"));
    return {};
  } catch (const std::exception& error) {
    scheduler.fail_all(Error(ErrorCode::kDevice, error.what()));
    return error.what();
  }
}

// With the mutex held: requests that are not over, as far as is known.
int64_t Service::State::n_open() const {
  return int64_t(status.running.size() + arrived.size()) + status.n_waiting + n_taken;
}

}  // namespace ridge
