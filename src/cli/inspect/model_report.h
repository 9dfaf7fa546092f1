// Everything that `ridge inspect` shows about a GGUF file, as plain data: one place gathers, one
// prints text, one prints JSON. What this program cannot read (an architecture, a tokenizer)
// becomes a sentence in the report; only a file that is no GGUF is an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ui/colour.h"
#include "gguf/describe.h"
#include "gguf/file.h"
#include "kv/pool.h"
#include "spec/spec.h"
#include "spec/tensors.h"

namespace ridge::cli {

struct ClassBytes {
  TensorRole role = TensorRole::kNorm;
  int64_t n_tensors = 0;
  int64_t n_parameters = 0;
  uint64_t n_bytes = 0;
};

struct TokenizerFacts {
  std::string model;          // "bpe"
  std::string pre_tokenizer;  // "smollm"
  int64_t n_vocab = 0;
  int64_t bos = -1;
  int64_t eos = -1;
  bool adds_bos = false;
  std::vector<std::string> end_tokens;  // that end a generation
};

struct KvFacts {
  DType dtype = DType::kF16;
  std::vector<KvKindBytes> kinds;
};

struct ModelReport {
  std::filesystem::path path;
  std::string name;  // what the file calls itself
  std::string architecture;
  std::string quant;
  uint64_t n_bytes = 0;
  uint32_t version = 0;
  size_t n_parts = 1;
  int64_t n_parameters = 0;
  std::vector<gguf::TypeBytes> types;

  std::optional<ModelSpec> spec;
  std::string spec_problem;  // why there is no spec; empty: vocabulary only, or there is one
  std::vector<ClassBytes> classes;
  int64_t active_bytes = 0;  // of weights, a decoded token
  std::vector<KvFacts> kv;   // by type of the cache

  std::optional<TokenizerFacts> tokenizer;
  std::string tokenizer_problem;
  std::string chat_template;
  std::vector<gguf::TensorInfo> tensors;
};

ModelReport make_model_report(const std::filesystem::path& path);

// Layers that are built alike, in words.
struct LayerGroup {
  std::string layers;  // "0-4, 6-10"
  int64_t n_layers = 0;
  std::string description;  // "attention 4/1 heads of 256, window 512, …"
};
std::vector<LayerGroup> group_layers(const ModelSpec& spec);

std::string_view name(FfnActivation activation);  // "silu"

std::string report_text(const ModelReport& report, const Palette& palette);
std::string report_json(const ModelReport& report);
std::string tensors_text(const ModelReport& report);

}  // namespace ridge::cli
