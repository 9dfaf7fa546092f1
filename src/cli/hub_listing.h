// The hub's answer about a repository, from JSON. Pure; throws Error{kNetwork} for text that is not
// such an answer, naming what is missing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hub/selection.h"

namespace ridge::cli {

struct HubListing {
  std::string commit;  // all files of one download come from it
  std::vector<hub::RepoFile> files;
};

// text: of GET /api/models/OWNER/REPO/revision/REVISION?blobs=true
HubListing parse_hub_listing(std::string_view text);

}  // namespace ridge::cli
