// Which files of a Hugging Face repository make the model that was asked for. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::hub {

// "owner/repo", "owner/repo:Q4_K_M", "owner/repo@revision:Q4_K_M".
struct RepoReference {
  std::string owner;
  std::string repo;
  std::string revision = "main";
  std::string quant;  // empty: the usual one
};
// Nothing for text of another form; ".." and other tricks are another form.
std::optional<RepoReference> parse_repo_reference(std::string_view text);

struct RepoFile {
  std::string path;  // inside the repository
  uint64_t size = 0;
  std::string sha256;  // empty: the hub gives none
};

struct RepoModel {
  std::string stem;             // of the file, without folder and split ending
  std::string quant;            // "Q4_K_M"; empty: the name says none
  std::vector<RepoFile> files;  // in split order
  uint64_t n_bytes = 0;
};

// The models among the files: whole sets only, without projectors and importance matrices.
std::vector<RepoModel> models_in(const std::vector<RepoFile>& files);

// The model with that quantisation; without one Q4_K_M, or what is next to it, or the only one.
// Throws Error{kNotFound} that lists what there is.
const RepoModel& choose_model(const std::vector<RepoModel>& models, const RepoReference& wanted);

}  // namespace ridge::hub
