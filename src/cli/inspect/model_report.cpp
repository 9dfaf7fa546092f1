#include "cli/inspect/model_report.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "spec/build.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::cli {
namespace {

std::vector<ClassBytes> bytes_by_class(const ModelSpec& spec, const gguf::File& file) {
  constexpr std::array kOrder{
      TensorRole::kEmbedding,   TensorRole::kAttention, TensorRole::kRecurrent,
      TensorRole::kFeedForward, TensorRole::kRouter,    TensorRole::kExperts,
      TensorRole::kNorm,        TensorRole::kRope,      TensorRole::kOutput};
  std::vector<ClassBytes> classes;
  for (TensorRole role : kOrder) classes.push_back({.role = role});
  for (const TensorUse& use : tensor_uses(spec)) {
    const gguf::TensorInfo* tensor = file.find(use.name);
    if (tensor == nullptr) continue;
    const auto entry = std::find_if(classes.begin(), classes.end(),
                                    [&](const ClassBytes& c) { return c.role == use.role; });
    ++entry->n_tensors;
    entry->n_parameters += tensor->n_elements();
    entry->n_bytes += tensor->n_bytes;
  }
  std::erase_if(classes, [](const ClassBytes& c) { return c.n_tensors == 0; });
  return classes;
}

void add_spec(const gguf::File& file, ModelReport& report) {
  if (file.tensors().empty()) return;
  try {
    report.spec = build_spec(file);
  } catch (const Error& error) {
    report.spec_problem = error.what();
    return;
  }
  report.classes = bytes_by_class(*report.spec, file);
  report.active_bytes = active_weight_bytes(*report.spec, file);
  for (DType dtype : {DType::kF16, DType::kQ8_0}) {
    report.kv.push_back({.dtype = dtype, .kinds = kv_bytes(*report.spec, dtype, dtype)});
  }
}

TokenizerFacts facts_of(const text::Tokenizer& tokenizer) {
  TokenizerFacts facts{.model = std::string(tokenizer.model()),
                       .pre_tokenizer = std::string(tokenizer.pre_tokenizer()),
                       .n_vocab = tokenizer.n_vocab(),
                       .bos = tokenizer.bos(),
                       .eos = tokenizer.eos(),
                       .adds_bos = tokenizer.adds_bos()};
  for (text::Token token = 0; token < tokenizer.n_vocab(); ++token) {
    if (tokenizer.ends_generation(token)) {
      facts.end_tokens.emplace_back(tokenizer.token_text(token));
    }
  }
  return facts;
}

void add_tokenizer(const gguf::File& file, ModelReport& report) {
  try {
    report.tokenizer = facts_of(*text::Tokenizer::from_metadata(file.metadata()));
  } catch (const Error& error) {
    report.tokenizer_problem = error.what();
  }
}

}  // namespace

ModelReport make_model_report(const std::filesystem::path& path) {
  const gguf::File file = gguf::File::open(path);
  ModelReport report{.path = path,
                     .name = gguf::model_name(file),
                     .architecture = gguf::architecture_name(file),
                     .quant = gguf::quant_name(file),
                     .n_bytes = file.size_bytes(),
                     .version = file.version(),
                     .n_parts = file.parts().size(),
                     .types = gguf::bytes_by_type(file)};
  for (const gguf::TensorInfo& tensor : file.tensors()) {
    report.n_parameters += tensor.n_elements();
    report.tensors.push_back(tensor);
  }
  add_spec(file, report);
  add_tokenizer(file, report);
  report.chat_template = gguf::chat_template(file);
  return report;
}

}  // namespace ridge::cli
