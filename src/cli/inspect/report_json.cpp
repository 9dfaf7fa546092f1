#include <nlohmann/json.hpp>

#include "cli/inspect/model_report.h"
#include "cli/json_text.h"

namespace ridge::cli {
namespace {

using nlohmann::ordered_json;

ordered_json ffn_value(const DenseFfnSpec& ffn) {
  return {{"kind", "dense"},
          {"d_ff", ffn.d_ff},
          {"activation", name(ffn.activation)},
          {"gated", bool(ffn.gate)}};
}

ordered_json ffn_value(const MoeFfnSpec& moe) {
  return {{"kind", "moe"},
          {"experts", moe.n_experts},
          {"top_k", moe.top_k},
          {"d_ff", moe.d_ff},
          {"activation", name(moe.activation)},
          {"score", moe.score == ExpertScore::kSoftmax ? "softmax" : "sigmoid"},
          {"bias", bool(moe.router_bias)},
          {"groups", moe.groups.n_groups},
          {"groups_used", moe.groups.n_used},
          {"normalise", moe.normalise},
          {"weight_scale", moe.weight_scale},
          {"shared_d_ff", moe.shared.d_ff},
          {"shared_gate", bool(moe.shared_gate)}};
}

ordered_json ffn_value(const DenseAndMoeFfnSpec& ffn) {
  return {
      {"kind", "dense and moe"}, {"dense", ffn_value(ffn.dense)}, {"moe", ffn_value(ffn.experts)}};
}

ordered_json layer_value(const LayerSpec& layer) {
  ordered_json value;
  if (const auto* attention = std::get_if<AttentionSpec>(&layer.mixer)) {
    value["mixer"] = {{"kind", "attention"},
                      {"heads", attention->n_heads},
                      {"kv_heads", attention->n_kv_heads},
                      {"k_dim", attention->k_dim},
                      {"v_dim", attention->v_dim},
                      {"scale", attention->scale},
                      {"window", attention->window},
                      {"chunked", attention->chunked},
                      {"softcap", attention->softcap},
                      {"sinks", bool(attention->sinks)},
                      {"rope_base", attention->rope.base},
                      {"rope_dims", attention->rope.n_rotated},
                      {"gated", attention->is_gated}};
    if (attention->kv_layer >= 0) value["mixer"]["cache_of_layer"] = attention->kv_layer;
  }
  if (const auto* latent = std::get_if<LatentAttentionSpec>(&layer.mixer)) {
    value["mixer"] = {{"kind", "latent_attention"},       {"heads", latent->n_heads},
                      {"k_dim", latent->k_dim()},         {"v_dim", latent->v_dim},
                      {"latent_dim", latent->latent_dim}, {"scale", latent->scale},
                      {"rope_base", latent->rope.base},   {"rope_dims", latent->rope.n_rotated}};
  }
  if (const auto* net = std::get_if<DeltaNetSpec>(&layer.mixer)) {
    value["mixer"] = {{"kind", "delta_net"},       {"k_heads", net->n_k_heads},
                      {"v_heads", net->n_v_heads}, {"k_dim", net->k_dim},
                      {"v_dim", net->v_dim},       {"taps", net->n_taps}};
  }
  if (const auto* conv = std::get_if<ShortConvSpec>(&layer.mixer)) {
    value["mixer"] = {{"kind", "short_conv"}, {"taps", conv->n_taps}};
  }
  value["ffn"] = std::visit([](const auto& ffn) { return ffn_value(ffn); }, layer.ffn);
  if (layer.token_input) value["token_input"] = layer.token_input.gate.n_out;
  return value;
}

ordered_json spec_value(const ModelSpec& spec) {
  ordered_json layers = ordered_json::array();
  for (const LayerSpec& layer : spec.layers) layers.push_back(layer_value(layer));
  return {{"architecture", spec.architecture},
          {"d_model", spec.d_model},
          {"n_vocab", spec.n_vocab},
          {"context_length", spec.context_length},
          {"embedding_scale", spec.embedding_scale},
          {"residual_scale", spec.residual_scale},
          {"logit_scale", spec.logit_scale},
          {"logit_softcap", spec.logit_softcap},
          {"tied_output", spec.tied_output()},
          {"n_layers", spec.layers.size()},
          {"prediction_layer", spec.prediction.has_value()},
          {"layers", std::move(layers)}};
}

ordered_json kv_value(const ModelReport& report) {
  ordered_json all = ordered_json::array();
  for (const KvFacts& facts : report.kv) {
    for (const KvKindBytes& kind : facts.kinds) {
      all.push_back({{"kind", kind.kind},
                     {"type", info(facts.dtype).name},
                     {"layers", kind.n_layers},
                     {"bytes_per_token", kind.bytes_per_token},
                     {"tokens_per_sequence", kind.tokens_per_sequence},
                     {"bytes_per_sequence", kind.bytes_per_sequence}});
    }
  }
  return all;
}

ordered_json tokenizer_value(const TokenizerFacts& facts) {
  return {{"model", facts.model},
          {"pre_tokenizer", facts.pre_tokenizer},
          {"n_vocab", facts.n_vocab},
          {"bos", facts.bos},
          {"eos", facts.eos},
          {"adds_bos", facts.adds_bos},
          {"end_tokens", facts.end_tokens}};
}

ordered_json types_value(const ModelReport& report) {
  ordered_json all = ordered_json::array();
  for (const gguf::TypeBytes& type : report.types) {
    all.push_back(
        {{"type", info(type.dtype).name}, {"tensors", type.n_tensors}, {"bytes", type.n_bytes}});
  }
  return all;
}

ordered_json classes_value(const ModelReport& report) {
  ordered_json all = ordered_json::object();
  for (const ClassBytes& c : report.classes) {
    all[std::string(name(c.role))] = {
        {"tensors", c.n_tensors}, {"parameters", c.n_parameters}, {"bytes", c.n_bytes}};
  }
  return all;
}

ordered_json tensors_value(const ModelReport& report) {
  ordered_json all = ordered_json::array();
  for (const gguf::TensorInfo& tensor : report.tensors) {
    all.push_back(
        {{"name", tensor.name},
         {"type", info(tensor.dtype).name},
         {"shape", std::vector<int64_t>(tensor.dims.begin(), tensor.dims.begin() + tensor.rank)},
         {"bytes", tensor.n_bytes},
         {"offset", tensor.offset},
         {"part", tensor.part}});
  }
  return all;
}

}  // namespace

std::string report_json(const ModelReport& report) {
  ordered_json value{{"path", report.path.string()},
                     {"name", report.name},
                     {"architecture", report.architecture},
                     {"quant", report.quant},
                     {"bytes", report.n_bytes},
                     {"gguf_version", report.version},
                     {"parts", report.n_parts},
                     {"parameters", report.n_parameters},
                     {"bytes_by_type", types_value(report)}};
  if (report.spec) {
    value["spec"] = spec_value(*report.spec);
    value["bytes_by_class"] = classes_value(report);
    value["active_bytes_per_token"] = report.active_bytes;
    value["kv"] = kv_value(report);
  }
  if (!report.spec_problem.empty()) value["spec_problem"] = report.spec_problem;
  if (report.tokenizer) value["tokenizer"] = tokenizer_value(*report.tokenizer);
  if (!report.tokenizer_problem.empty()) value["tokenizer_problem"] = report.tokenizer_problem;
  value["chat_template"] =
      report.chat_template.empty() ? ordered_json(nullptr) : ordered_json(report.chat_template);
  value["tensors"] = tensors_value(report);
  return dump(value);
}

}  // namespace ridge::cli
