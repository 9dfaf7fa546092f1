// Which files on the hub, or beside a URL, make a model: what `ridge pull` downloads and of what
// `ridge plan` reads the headers. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.h"
#include "hub/download.h"
#include "hub/selection.h"

namespace ridge::cli {

struct HubModel {
  std::string name;                  // short, as in the store
  std::vector<hub::Source> sources;  // in split order
  uint64_t n_bytes = 0;              // 0: not known yet
};

// Asks the hub for its listing. Throws Error{kNotFound, kNetwork, kCancelled}.
HubModel repo_model(const hub::RepoReference& reference, const Environment& environment,
                    const hub::RetryPolicy& retry, hub::DownloadObserver& observer);

// All parts of a split set where the URL names one. Asks nobody. Throws Error{kInvalidArgument} for
// a URL that is no GGUF file's.
HubModel url_model(std::string url, const Environment& environment);

bool is_url(std::string_view text);

}  // namespace ridge::cli
