#include "hub/selection.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/error.h"
#include "hub/store.h"

namespace ridge::hub {
namespace {

// What to take when nobody says: the best size for the quality first.
constexpr std::array<std::string_view, 12> kUsualQuants{"Q4_K_M", "UD-Q4_K_XL", "MXFP4",  "Q4_K_S",
                                                        "Q4_0",   "Q4_1",       "Q5_K_M", "Q5_0",
                                                        "Q6_K",   "Q8_0",       "BF16",   "F16"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = char(std::toupper(uint8_t(c)));
  return out;
}

// A name that is safe as a path segment of a URL and on a disk.
bool is_plain_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(uint8_t(c)) || c == '.' || c == '_' || c == '-';
         });
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

bool is_quant_label(std::string_view label) {
  for (std::string_view plain : {"F32", "F16", "BF16", "FP16", "FP32", "MXFP4", "MXFP4_MOE"}) {
    if (label == plain) return true;
  }
  for (std::string_view family : {"IQ", "TQ", "Q"}) {
    const bool starts = label.starts_with(family) && label.size() > family.size();
    if (starts && std::isdigit(uint8_t(label[family.size()]))) return true;
  }
  return false;
}

// The quantisation that a stem ends with: "model-UD-Q4_K_XL" and "model.Q4_K_M" name theirs.
std::string quant_of(std::string_view stem) {
  const std::string name = upper(stem);
  const auto begin = name.find_last_of("-.");
  if (begin == std::string::npos) return {};
  const std::string label = name.substr(begin + 1);
  if (!is_quant_label(label)) return {};
  const bool dynamic = begin >= 3 && name.compare(begin - 3, 3, "-UD") == 0;
  return dynamic ? "UD-" + label : label;
}

bool is_model_file(std::string_view path) {
  const std::string name = upper(file_name(path));
  return name.ends_with(".GGUF") && name.find("MMPROJ") == std::string::npos &&
         name.find("IMATRIX") == std::string::npos;
}

std::string listing(const std::vector<RepoModel>& models) {
  std::string out;
  for (const RepoModel& model : models) {
    if (!out.empty()) out += ", ";
    out += model.quant.empty() ? model.stem : model.quant;
  }
  return out;
}

}  // namespace

std::optional<RepoReference> parse_repo_reference(std::string_view text) {
  RepoReference reference;
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    reference.quant = text.substr(colon + 1);
    if (!is_plain_name(reference.quant)) return std::nullopt;
    text = text.substr(0, colon);
  }
  const auto at = text.find('@');
  if (at != std::string_view::npos) {
    reference.revision = text.substr(at + 1);
    if (!is_plain_name(reference.revision)) return std::nullopt;
    text = text.substr(0, at);
  }
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  reference.owner = text.substr(0, slash);
  reference.repo = text.substr(slash + 1);
  if (!is_plain_name(reference.owner) || !is_plain_name(reference.repo)) return std::nullopt;
  return reference;
}

std::vector<RepoModel> models_in(const std::vector<RepoFile>& files) {
  struct Set {
    int count = 1;
    std::map<int, const RepoFile*> parts;
  };
  std::map<std::string, Set> sets;  // by path without the split ending
  for (const RepoFile& file : files) {
    if (!is_model_file(file.path)) continue;
    const std::string stem = file.path.substr(0, file.path.size() - 5);
    const auto split = parse_split_stem(stem);
    Set& set = sets[split ? split->stem : stem];
    set.count = split ? split->count : 1;
    set.parts[split ? split->index : 1] = &file;
  }
  std::vector<RepoModel> models;
  for (const auto& [path, set] : sets) {
    if (int(set.parts.size()) != set.count) continue;
    RepoModel model{.stem = std::string(file_name(path)), .quant = quant_of(path)};
    for (const auto& [index, file] : set.parts) {
      model.files.push_back(*file);
      model.n_bytes += file->size;
    }
    models.push_back(std::move(model));
  }
  return models;
}

const RepoModel& choose_model(const std::vector<RepoModel>& models, const RepoReference& wanted) {
  const std::string repo = cat(wanted.owner, "/", wanted.repo);
  if (models.empty()) {
    fail(ErrorCode::kNotFound, repo, " holds no GGUF model; look for a repository that does");
  }
  const auto with_quant = [&models](std::string_view quant) {
    return std::find_if(models.begin(), models.end(), [&](const RepoModel& model) {
      return model.quant == quant || upper(model.stem) == quant;
    });
  };
  if (!wanted.quant.empty()) {
    const auto exact = with_quant(upper(wanted.quant));
    if (exact != models.end()) return *exact;
    const auto dynamic = with_quant("UD-" + upper(wanted.quant));
    if (dynamic != models.end()) return *dynamic;
    fail(ErrorCode::kNotFound, repo, " has no ", wanted.quant, "; it has ", listing(models));
  }
  for (std::string_view quant : kUsualQuants) {
    const auto usual = with_quant(quant);
    if (usual != models.end()) return *usual;
  }
  if (models.size() == 1) return models.front();
  fail(ErrorCode::kNotFound, repo, " has several models: ", listing(models), "; say which, as in ",
       repo, ":", models.front().quant.empty() ? models.front().stem : models.front().quant);
}

}  // namespace ridge::hub
