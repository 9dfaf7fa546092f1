#include "cli/options/normalise.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ridge::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kLongNames{{
    {"-ctk", "--cache-type-k"}, {"-ctv", "--cache-type-v"}, {"-sys", "--system"},
    {"-sysf", "--system-file"}, {"-ngl", "--gpu-layers"},   {"-fa", "--flash-attn"},
    {"-ub", "--ubatch-size"},   {"-hf", "--hf-repo"},       {"-pg", "--prompt-and-gen"},
    {"-npl", "--columns"},      {"-mmp", "--mmap"},         {"-dio", "--direct-io"},
    {"-sm", "--split-mode"},    {"-mg", "--main-gpu"},      {"-nkvo", "--no-kv-offload"},
    {"-ts", "--tensor-split"},  {"-embd", "--embeddings"},  {"-nopo", "--no-op-offload"},
    {"-ncmoe", "--n-cpu-moe"},  {"-dev", "--device"},       {"-md", "--draft"},
}};

bool takes_text(std::string_view option) {
  constexpr std::array<std::string_view, 9> kTextOptions{
      "-p",   "--prompt",         "--system",
      "-sys", "--system-prompt",  "--stop",
      "-r",   "--reverse-prompt", "--dry-sequence-breaker"};
  return std::find(kTextOptions.begin(), kTextOptions.end(), option) != kTextOptions.end();
}

std::string long_name(const std::string& word) {
  const std::string_view option = std::string_view(word).substr(0, word.find('='));
  for (const auto& [short_form, long_form] : kLongNames) {
    if (option == short_form) return std::string(long_form) + word.substr(option.size());
  }
  return word;
}

}  // namespace

std::vector<std::string> normalise(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  bool is_text = false;
  for (const std::string& word : arguments) {
    words.push_back(is_text ? word : long_name(word));
    if (!is_text && word == "--") {
      words.insert(words.end(), arguments.begin() + std::ptrdiff_t(words.size()), arguments.end());
      break;
    }
    is_text = !is_text && takes_text(word);
  }
  return words;
}

}  // namespace ridge::cli
