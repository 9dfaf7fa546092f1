#include "hub/store.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <numeric>

#include "base/error.h"
#include "hub/part_file.h"

namespace ridge::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".gguf";
constexpr int kSplitDigits = 5;

std::optional<int> parse_digits(std::string_view text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// Levenshtein distance.
int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    int diagonal = row[0];
    row[0] = int(i) + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const int replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// What one file of the folder is of a model.
struct Piece {
  fs::path path;
  uint64_t n_bytes = 0;
  bool partial = false;
  SplitName split;
};

std::optional<Piece> classify(const fs::directory_entry& entry) {
  Piece piece;
  piece.path = entry.path();
  fs::path name = entry.path().filename();
  if (name.extension() == ".part") {
    piece.partial = true;
    name = name.stem();
  }
  std::error_code error;
  if (name.extension() != kExtension || !entry.is_regular_file(error)) return std::nullopt;
  const std::string stem = name.stem().string();
  if (stem.empty()) return std::nullopt;
  piece.n_bytes = entry.file_size(error);
  if (error) piece.n_bytes = 0;
  piece.split = parse_split_stem(stem).value_or(SplitName{.stem = stem});
  return piece;
}

StoredModel assemble(const std::string& name, std::vector<Piece> pieces) {
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.split.index < b.split.index; });
  StoredModel model{.name = name};
  int n_whole = 0;
  for (const Piece& piece : pieces) {
    model.files.push_back(piece.path);
    model.n_bytes += piece.n_bytes;
    n_whole += piece.partial ? 0 : 1;
  }
  model.complete = n_whole == pieces.front().split.count && n_whole == int(pieces.size());
  return model;
}

}  // namespace

std::vector<StoredModel> ModelStore::list() const {
  std::map<std::string, std::vector<Piece>> by_name;
  std::error_code error;
  fs::directory_iterator entries(root_, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  if (error) fail(ErrorCode::kIo, "cannot list ", root_.string(), ": ", error.message());
  for (const auto& entry : entries) {
    if (auto piece = classify(entry)) by_name[piece->split.stem].push_back(std::move(*piece));
  }
  std::vector<StoredModel> models;
  for (auto& [name, pieces] : by_name) models.push_back(assemble(name, std::move(pieces)));
  return models;
}

std::optional<StoredModel> ModelStore::find(std::string_view name) const {
  for (StoredModel& model : list()) {
    if (model.name == name) return std::move(model);
  }
  return std::nullopt;
}

void ModelStore::remove(const StoredModel& model) const {
  for (const fs::path& file : model.files) {
    std::error_code error;
    if (!fs::remove(file, error) && error) {
      fail(ErrorCode::kIo, "cannot remove ", file.string(), ": ", error.message());
    }
    fs::path destination = file;
    if (destination.extension() == ".part") destination.replace_extension();
    fs::remove(PartFile::info_path(destination), error);
  }
}

std::vector<std::string> ModelStore::near_matches(std::string_view name) const {
  const std::string wanted = short_name(name);
  std::vector<std::pair<int, std::string>> ranked;
  for (const StoredModel& model : list()) {
    if (!model.complete) continue;
    const std::string have = short_name(model.name);
    const bool contained = !wanted.empty() && (have.find(wanted) != std::string::npos ||
                                               wanted.find(have) != std::string::npos);
    const int to_start = edit_distance(wanted, have.substr(0, wanted.size())) + 1;
    const int distance = contained ? 0 : std::min(edit_distance(wanted, have), to_start);
    if (distance <= int(std::max<size_t>(3, wanted.size() / 2))) {
      ranked.emplace_back(distance, model.name);
    }
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min<size_t>(3, ranked.size()); ++i) names.push_back(ranked[i].second);
  return names;
}

std::optional<SplitName> parse_split_stem(std::string_view stem) {
  constexpr size_t kSuffix = 1 + kSplitDigits + 4 + kSplitDigits;  // "-00001-of-00003"
  if (stem.size() <= kSuffix) return std::nullopt;
  const std::string_view suffix = stem.substr(stem.size() - kSuffix);
  if (suffix[0] != '-' || suffix.substr(1 + kSplitDigits, 4) != "-of-") return std::nullopt;
  const auto index = parse_digits(suffix.substr(1, kSplitDigits));
  const auto count = parse_digits(suffix.substr(kSuffix - kSplitDigits));
  if (!index || !count || *index < 1 || *index > *count) return std::nullopt;
  return SplitName{
      .stem = std::string(stem.substr(0, stem.size() - kSuffix)), .index = *index, .count = *count};
}

std::string split_stem(std::string_view stem, int index, int count) {
  char suffix[48];
  std::snprintf(suffix, sizeof suffix, "-%05d-of-%05d", index, count);
  return cat(stem, suffix);
}

std::string short_name(std::string_view stem) {
  std::string name;
  for (char c : stem) {
    const auto byte = uint8_t(c);
    const bool kept = byte < 0x80 && (std::isalnum(byte) || c == '.' || c == '_' || c == '-');
    name += kept ? char(std::tolower(byte)) : '-';
  }
  name.erase(0, name.find_first_not_of(".-"));
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name;
}

}  // namespace ridge::hub
