// ridge pull: a repository or URL becomes a plan (a name and its files), the plan is downloaded.
#include "base/check.h"
#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/hub_listing.h"
#include "cli/ui/format.h"
#include "cli/ui/interrupt.h"
#include "cli/ui/progress.h"
#include "gguf/file.h"
#include "hub/download.h"
#include "hub/http.h"
#include "hub/selection.h"

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

struct Plan {
  std::string name;
  std::vector<hub::Source> sources;  // in split order
  uint64_t n_bytes = 0;              // 0: not known yet
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

std::string token_for(const std::string& url, const Environment& environment) {
  const bool hub = hub::url_origin(url) == hub::url_origin(environment.hub_endpoint);
  return hub ? environment.hub_token : std::string();
}

Plan plan_repo(const hub::RepoReference& reference, const PullOptions& options, Context& context,
               hub::DownloadObserver& observer) {
  const std::string repo = cat(reference.owner, "/", reference.repo);
  const std::string& endpoint = context.environment.hub_endpoint;
  const std::string url =
      cat(endpoint, "/api/models/", repo, "/revision/", reference.revision, "?blobs=true");
  const std::string token = token_for(url, context.environment);
  const HubListing listing = parse_hub_listing(
      hub::fetch_text({.url = url, .bearer_token = token}, retry_policy(options), {}, observer));

  const auto models = hub::models_in(listing.files);
  const hub::RepoModel& model = hub::choose_model(models, reference);
  Plan plan{.name = hub::short_name(model.stem), .n_bytes = model.n_bytes};
  for (const hub::RepoFile& file : model.files) {
    hub::Source source{.url = cat(endpoint, "/", repo, "/resolve/", listing.commit, "/",
                                  hub::url_escape_path(file.path)),
                       .bearer_token = token,
                       .sha256 = file.sha256};
    if (file.size > 0) source.size = file.size;
    plan.sources.push_back(std::move(source));
  }
  return plan;
}

// The URL of another part of a split set.
std::string sibling_url(const std::string& url, const std::string& stem,
                        const std::string& sibling) {
  std::string out = url;
  const auto query = out.find_first_of("?#");
  const auto at = out.rfind(stem, query);
  RIDGE_CHECK(at != std::string::npos);
  return out.replace(at, stem.size(), sibling);
}

Plan plan_url(std::string url, const PullOptions& options, const Environment& environment) {
  const auto blob = url.find("/blob/");  // the hub's page about a file, in place of the file
  const bool on_hub = hub::url_origin(url) == hub::url_origin(environment.hub_endpoint);
  if (on_hub && blob != std::string::npos) url.replace(blob, 6, "/resolve/");

  const fs::path file = fs::path(hub::url_path(url)).filename();
  if (file.extension() != ".gguf") {
    fail(ErrorCode::kInvalidArgument,
         "not the URL of a GGUF file (its path does not end in .gguf): ", hub::display_url(url));
  }
  const std::string stem = file.stem().string();
  const std::string token = token_for(url, environment);
  const auto split = hub::parse_split_stem(stem);
  Plan plan{.name = hub::short_name(split ? split->stem : stem)};
  if (!split || url.find(stem) == std::string::npos) {
    plan.sources.push_back({.url = url, .bearer_token = token, .sha256 = options.sha256});
    return plan;
  }
  for (int i = 1; i <= split->count; ++i) {
    const std::string sibling = hub::split_stem(split->stem, i, split->count);
    plan.sources.push_back({.url = sibling_url(url, stem, sibling), .bearer_token = token});
  }
  return plan;
}

Plan make_plan(const PullOptions& options, Context& context, hub::DownloadObserver& observer) {
  const bool is_url =
      options.source.starts_with("https://") || options.source.starts_with("http://");
  const auto reference = is_url ? std::nullopt : hub::parse_repo_reference(options.source);
  if (!is_url && !reference) {
    fail(ErrorCode::kInvalidArgument, "'", options.source,
         "' is neither OWNER/REPO[:QUANT] nor an http(s) URL");
  }
  Plan plan = is_url ? plan_url(options.source, options, context.environment)
                     : plan_repo(*reference, options, context, observer);
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

fs::path destination(const Plan& plan, size_t index, const fs::path& root) {
  const bool split = plan.sources.size() > 1;
  const std::string stem =
      split ? hub::split_stem(plan.name, int(index) + 1, int(plan.sources.size())) : plan.name;
  return root / (stem + ".gguf");
}

// A page that says "not found" with status 200 is no model.
void check_is_model(const Plan& plan, const fs::path& path, bool verified) {
  try {
    (void)gguf::File::open(path);
  } catch (const Error& error) {
    std::error_code ignored;
    if (!verified) fs::remove(path, ignored);
    fail(error.code(), hub::display_url(plan.sources.front().url),
         " is not a model: ", error.what(), verified ? "" : "; it was deleted");
  }
}

bool is_there(const Plan& plan, const PullOptions& options, Context& context) {
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
  const Plan plan = make_plan(options, context, planning);
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
