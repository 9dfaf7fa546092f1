#include "cli/hub_model.h"

#include <filesystem>

#include "base/check.h"
#include "base/error.h"
#include "cli/hub_listing.h"
#include "hub/http.h"
#include "hub/store.h"

namespace ridge::cli {
namespace {

namespace fs = std::filesystem;

std::string token_for(const std::string& url, const Environment& environment) {
  const bool hub = hub::url_origin(url) == hub::url_origin(environment.hub_endpoint);
  return hub ? environment.hub_token : std::string();
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

}  // namespace

bool is_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

HubModel repo_model(const hub::RepoReference& reference, const Environment& environment,
                    const hub::RetryPolicy& retry, hub::DownloadObserver& observer) {
  const std::string repo = cat(reference.owner, "/", reference.repo);
  const std::string& endpoint = environment.hub_endpoint;
  const std::string url =
      cat(endpoint, "/api/models/", repo, "/revision/", reference.revision, "?blobs=true");
  const std::string token = token_for(url, environment);
  const HubListing listing =
      parse_hub_listing(hub::fetch_text({.url = url, .bearer_token = token}, retry, {}, observer));

  const auto models = hub::models_in(listing.files);
  const hub::RepoModel& model = hub::choose_model(models, reference);
  HubModel found{.name = hub::short_name(model.stem), .n_bytes = model.n_bytes};
  for (const hub::RepoFile& file : model.files) {
    hub::Source source{.url = cat(endpoint, "/", repo, "/resolve/", listing.commit, "/",
                                  hub::url_escape_path(file.path)),
                       .bearer_token = token,
                       .sha256 = file.sha256};
    if (file.size > 0) source.size = file.size;
    found.sources.push_back(std::move(source));
  }
  return found;
}

HubModel url_model(std::string url, const Environment& environment) {
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
  HubModel found{.name = hub::short_name(split ? split->stem : stem)};
  if (!split || url.find(stem) == std::string::npos) {
    found.sources.push_back({.url = url, .bearer_token = token});
    return found;
  }
  for (int i = 1; i <= split->count; ++i) {
    const std::string sibling = hub::split_stem(split->stem, i, split->count);
    found.sources.push_back({.url = sibling_url(url, stem, sibling), .bearer_token = token});
  }
  return found;
}

}  // namespace ridge::cli
