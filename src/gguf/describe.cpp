#include "gguf/describe.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ridge::gguf {
namespace {

// general.file_type: the mixes that quantizers name (ggml's ftype numbers).
constexpr std::array<std::pair<uint64_t, std::string_view>, 33> kFileTypes{{
    {0, "F32"},      {1, "F16"},      {2, "Q4_0"},    {3, "Q4_1"},    {7, "Q8_0"},
    {8, "Q5_0"},     {9, "Q5_1"},     {10, "Q2_K"},   {11, "Q3_K_S"}, {12, "Q3_K_M"},
    {13, "Q3_K_L"},  {14, "Q4_K_S"},  {15, "Q4_K_M"}, {16, "Q5_K_S"}, {17, "Q5_K_M"},
    {18, "Q6_K"},    {19, "IQ2_XXS"}, {20, "IQ2_XS"}, {21, "Q2_K_S"}, {22, "IQ3_XS"},
    {23, "IQ3_XXS"}, {24, "IQ1_S"},   {25, "IQ4_NL"}, {26, "IQ3_S"},  {27, "IQ3_M"},
    {28, "IQ2_S"},   {29, "IQ2_M"},   {30, "IQ4_XS"}, {31, "IQ1_M"},  {32, "BF16"},
    {36, "TQ1_0"},   {37, "TQ2_0"},   {38, "MXFP4"},
}};

}  // namespace

std::string model_name(const File& file) {
  return std::string(file.metadata().get_string("general.name").value_or(""));
}

std::string chat_template(const File& file) {
  return std::string(file.metadata().get_string(kChatTemplateKey).value_or(""));
}

std::string architecture_name(const File& file) {
  return std::string(file.metadata().get_string("general.architecture").value_or("?"));
}

std::string_view file_type_name(uint64_t number) {
  for (const auto& [known, label] : kFileTypes) {
    if (known == number) return label;
  }
  return {};
}

std::string quant_name(const File& file) {
  const auto types = bytes_by_type(file);
  if (types.empty()) return {};
  const auto file_type = file.metadata().get_uint("general.file_type");
  const std::string_view mix = file_type ? file_type_name(*file_type) : std::string_view();
  if (!mix.empty()) return std::string(mix);
  return std::string(info(types.front().dtype).name);
}

std::vector<TypeBytes> bytes_by_type(const File& file) {
  std::array<TypeBytes, kDTypeCount> all{};
  for (const TensorInfo& tensor : file.tensors()) {
    TypeBytes& entry = all[size_t(tensor.dtype)];
    entry.dtype = tensor.dtype;
    ++entry.n_tensors;
    entry.n_bytes += tensor.n_bytes;
  }
  std::vector<TypeBytes> used;
  std::copy_if(all.begin(), all.end(), std::back_inserter(used),
               [](const TypeBytes& entry) { return entry.n_tensors > 0; });
  std::stable_sort(used.begin(), used.end(),
                   [](const TypeBytes& a, const TypeBytes& b) { return a.n_bytes > b.n_bytes; });
  return used;
}

}  // namespace ridge::gguf
