#include "cli/hub_listing.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "hub/sha256.h"

namespace ridge::cli {
namespace {

using nlohmann::json;

// A commit goes into a URL path.
bool is_commit(const std::string& text) {
  return text.size() >= 7 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return std::isxdigit(uint8_t(c)); });
}

bool is_relative_path(const std::string& path) {
  return !path.empty() && path.front() != '/' &&
         ("/" + path + "/").find("/../") == std::string::npos;
}

hub::RepoFile parse_file(const json& entry) {
  hub::RepoFile file;
  file.path = entry.at("rfilename").get<std::string>();
  if (!is_relative_path(file.path)) {
    fail(ErrorCode::kNetwork, "the hub lists a file with a path that leads out of its repository");
  }
  file.size = entry.value("size", uint64_t(0));
  const auto lfs = entry.find("lfs");
  if (lfs != entry.end() && lfs->is_object()) {
    file.size = lfs->value("size", file.size);
    const std::string digest = lfs->value("sha256", "");
    if (!digest.empty() && !hub::is_sha256(digest)) {
      fail(ErrorCode::kNetwork, "the hub gives a digest of ", file.path,
           " that is not 64 hexadecimal digits");
    }
    file.sha256 = digest;
  }
  return file;
}

}  // namespace

HubListing parse_hub_listing(std::string_view text) {
  try {
    const json answer = json::parse(text);
    HubListing listing;
    listing.commit = answer.at("sha").get<std::string>();
    if (!is_commit(listing.commit)) {
      fail(ErrorCode::kNetwork, "the hub's listing names no commit");
    }
    for (const json& entry : answer.at("siblings")) listing.files.push_back(parse_file(entry));
    return listing;
  } catch (const json::exception& error) {
    fail(ErrorCode::kNetwork, "the hub's listing cannot be read: ", error.what());
  }
}

}  // namespace ridge::cli
