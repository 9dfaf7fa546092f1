// ridge pull: a repository or URL becomes a plan (a name and its files), the plan is downloaded.
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/hub_model.h"
#include "cli/ui/format.h"
#include "cli/ui/interrupt.h"
#include "cli/ui/progress.h"
#include "gguf/file.h"
#include "hub/http.h"

namespace ridge::cli {
namespace {

namespace fs = std::filesystem;

struct PullOptions {
  std::string source;
  std::string name;
  std::string sha256;
  bool force = false;
  int retries = 6;
  double retry_delay = 0.5;  // seconds
};

class PullObserver : public hub::DownloadObserver {
 public:
  PullObserver(Context& context, const InterruptScope& interrupt, std::string label)
      : interrupt_(interrupt),
        progress_(context.err, {.label = std::move(label),
                                .off_terminal = Progress::OffTerminal::kLines,
                                .delay = std::chrono::milliseconds(0)}) {}

  void on_progress(uint64_t done, uint64_t total) override { progress_.update(done, total); }
  void on_note(std::string_view sentence) override { progress_.note(printable(sentence)); }
  bool keep_going() override { return !interrupt_.interrupted(); }

 private:
  const InterruptScope& interrupt_;
  Progress progress_;
};

hub::RetryPolicy retry_policy(const PullOptions& options) {
  return {.max_attempts = options.retries,
          .first_delay = std::chrono::milliseconds(int64_t(options.retry_delay * 1000))};
}

HubModel make_plan(const PullOptions& options, Context& context, hub::DownloadObserver& observer) {
  const bool url = is_url(options.source);
  const auto reference = url ? std::nullopt : hub::parse_repo_reference(options.source);
  if (!url && !reference) {
    fail(ErrorCode::kInvalidArgument, "'", options.source,
         "' is neither OWNER/REPO[:QUANT] nor an http(s) URL");
  }
  HubModel plan =
      url ? url_model(options.source, context.environment)
          : repo_model(*reference, context.environment, retry_policy(options), observer);
  if (!options.sha256.empty()) {
    if (plan.sources.size() > 1) {
      fail(ErrorCode::kInvalidArgument, "--sha256 is for one file; this model has ",
           plan.sources.size());
    }
    plan.sources.front().sha256 = options.sha256;
  }
  if (!options.name.empty()) plan.name = options.name;
  if (plan.name.empty() || plan.name != hub::short_name(plan.name)) {
    fail(ErrorCode::kInvalidArgument, "'", plan.name,
         "' cannot be a name: lower-case letters, digits, '.', '_' and '-' can; give one with "
         "--name");
  }
  return plan;
}

fs::path destination(const HubModel& plan, size_t index, const fs::path& root) {
  const bool split = plan.sources.size() > 1;
  const std::string stem =
      split ? hub::split_stem(plan.name, int(index) + 1, int(plan.sources.size())) : plan.name;
  return root / (stem + ".gguf");
}

// A page that says "not found" with status 200 is no model.
void check_is_model(const HubModel& plan, const fs::path& path, bool verified) {
  try {
    (void)gguf::File::open(path);
  } catch (const Error& error) {
    std::error_code ignored;
    if (!verified) fs::remove(path, ignored);
    fail(error.code(), hub::display_url(plan.sources.front().url),
         " is not a model: ", error.what(), verified ? "" : "; it was deleted");
  }
}

bool is_there(const HubModel& plan, const PullOptions& options, Context& context) {
  const auto stored = context.store().find(plan.name);
  if (!stored || !stored->complete || options.force) return false;
  if (plan.n_bytes != 0 && plan.n_bytes != stored->n_bytes) {
    fail(ErrorCode::kInvalidArgument, plan.name, " is there with ", stored->n_bytes,
         " bytes, but the hub's has ", plan.n_bytes, "; --force replaces it, --name keeps both");
  }
  context.out.line(cat(plan.name, " is there already: ", stored->files.front().string()));
  return true;
}

int run_pull(const PullOptions& options, Context& context) {
  InterruptScope interrupt;
  const fs::path root = context.store().root();
  PullObserver planning(context, interrupt, options.source);
  const HubModel plan = make_plan(options, context, planning);
  if (is_there(plan, options, context)) return kExitOk;

  std::error_code error;
  fs::create_directories(root, error);
  if (error) fail(ErrorCode::kIo, "cannot create ", root.string(), ": ", error.message());
  const hub::DownloadLimits limits;
  if (plan.sources.size() > 1) hub::require_free_space(root, plan.n_bytes, limits.keep_free);

  uint64_t n_bytes = 0;
  bool verified = true;
  for (size_t i = 0; i < plan.sources.size(); ++i) {
    const fs::path path = destination(plan, i, root);
    if (fs::exists(path) && !options.force) continue;  // a part of a set, from an earlier run
    const std::string label =
        plan.sources.size() > 1 ? cat(plan.name, " ", i + 1, "/", plan.sources.size()) : plan.name;
    PullObserver observer(context, interrupt, label);
    const auto result =
        hub::download(plan.sources[i], path, retry_policy(options), limits, observer);
    n_bytes += result.n_bytes;
    verified = verified && result.verified;
  }
  check_is_model(plan, destination(plan, 0, root), verified);
  context.out.line(
      cat("pulled ", plan.name, " (", human_bytes(double(n_bytes)),
          verified ? ", sha256 as the source gives it" : ", no sha256 to check against",
          ")\nTry: ridge run ", plan.name, " -p \"Hello\""));
  return kExitOk;
}

constexpr const char* kDetails =
    R"(A download that is cut goes on where it ended, now or when the command is run again; it is checked
against the SHA-256 of the hub and appears under its name only when it is whole. Split models are
pulled with all of their parts.

  ridge pull Qwen/Qwen3-0.6B-GGUF:Q8_0
  ridge pull ggml-org/gemma-3-270m-it-GGUF          the usual quantisation, Q4_K_M or next to it
  ridge pull https://example.org/tiny.gguf --sha256 4bf1…

HF_ENDPOINT names another hub, HF_TOKEN is sent to it for models behind a login, RIDGE_CACHE moves
the store.)";

}  // namespace

void add_pull(CommandLine& line, Action& chosen) {
  const CommandText text{"pull", "Download a model into the store", kDetails};
  add_command<PullOptions>(
      line, chosen, text,
      [](OptionSet& set, PullOptions& options) {
        set.value("SOURCE", options.source, "OWNER/REPO[@REVISION][:QUANT] or a URL").required();
        set.value("--name", options.name, "Short name to store it under");
        set.value("--sha256", options.sha256, "Digest that the file must have");
        set.flag("--force", options.force, "Replace a model of that name");
        set.value("--retries", options.retries,
                  "Tries without a new byte before giving up (default 6)")
            .within(1, 1000);
        set.value("--retry-delay", options.retry_delay,
                  "Seconds before the second try; doubles each time (default 0.5)")
            .within(0.0, 3600.0);
      },
      run_pull);
}

}  // namespace ridge::cli
