// The verbs of a mixture of experts, spelled out in matmuls of single rows.
#include <vector>

#include "backend/backend.h"
#include "backend/routing.h"

namespace ridge {
namespace {

template <class T>
std::vector<T> downloaded(Backend& backend, const Tensor& tensor) {
  std::vector<T> values(tensor ? size_t(tensor.n_elements()) : 0);
  if (tensor) backend.download(tensor, std::as_writable_bytes(std::span(values)));
  return values;
}

// The experts' numbers as a tensor whose four-byte elements they are.
Tensor experts_tensor(const Routing& routing) {
  return make_tensor(DType::kF32, {routing.weights.rows(), routing.top_k()}, *routing.experts, 0);
}

}  // namespace

void Backend::route(const Routing& out, const Tensor& logits, const RouterParams& params) {
  const auto n = size_t(logits.rows());
  const auto n_experts = size_t(logits.cols());
  const auto top_k = size_t(out.top_k());
  std::vector<float> scores = downloaded<float>(*this, logits);
  const std::vector<float> bias = downloaded<float>(*this, params.bias);
  const std::vector<float> expert_scale = downloaded<float>(*this, params.expert_scale);
  std::vector<int32_t> experts(n * top_k);
  std::vector<float> weights(n * top_k);
  for (size_t i = 0; i < n; ++i) {
    route_row(std::span(scores).subspan(i * n_experts, n_experts), {bias, expert_scale}, params,
              std::span(experts).subspan(i * top_k, top_k),
              std::span(weights).subspan(i * top_k, top_k));
  }
  upload(experts_tensor(out), std::as_bytes(std::span(experts)));
  upload(out.weights, std::as_bytes(std::span(weights)));
}

void Backend::expert_gated_matmul(const Tensor& out, const Tensor& x, const Routing& routing,
                                  const GatedExperts& experts) {
  const int64_t top_k = routing.top_k();
  const auto chosen = downloaded<int32_t>(*this, experts_tensor(routing));
  const auto weights = downloaded<float>(*this, routing.weights);
  const int64_t d_ff = experts.up.n_out();
  const Tensor up_out = make_tensor(DType::kF32, {1, d_ff}, scratch(size_t(d_ff) * 4), 0);
  for (int64_t pair = 0; pair < out.rows(); ++pair) {
    const int64_t expert = chosen[size_t(pair)];
    const Tensor row = slice_rows(out, pair, 1);
    const Projection projections[] = {
        {.weight = &experts.gate, .out = row, .matrix = expert},
        {.weight = &experts.up, .out = up_out, .matrix = expert},
    };
    matmul(slice_rows(x, pair / top_k, 1), projections, Store::kWrite);
    const bool weighs_input = experts.weighting == ExpertWeighting::kInput;
    for (const Tensor& scaled : {row, up_out}) {
      if (weighs_input) scale(scaled, weights[size_t(pair)]);
    }
    if (experts.gate_bias) add(row, slice_rows(experts.gate_bias, expert, 1));
    if (experts.up_bias) add(up_out, slice_rows(experts.up_bias, expert, 1));
    gated_activation(row, row, up_out, experts.activation);
    if (!weighs_input) scale(row, weights[size_t(pair)]);
  }
}

void Backend::expert_matmul(const Tensor& out, const Tensor& x, const Routing& routing,
                            const ExpertProjection& down, Store store) {
  const int64_t top_k = routing.top_k();
  const auto chosen = downloaded<int32_t>(*this, experts_tensor(routing));
  const auto weights = downloaded<float>(*this, down.bias ? routing.weights : Tensor{});
  const int64_t n_out = down.weight.n_out();
  for (int64_t pair = 0; pair < x.rows(); ++pair) {
    const int64_t expert = chosen[size_t(pair)];
    const Tensor row = slice_rows(out, pair / top_k, 1);
    const Projection projection[] = {{.weight = &down.weight, .out = row, .matrix = expert}};
    const bool begins_row = pair % top_k == 0;
    matmul(slice_rows(x, pair, 1), projection, begins_row ? store : Store::kAdd);
    if (!down.bias) continue;
    const Tensor bias = make_tensor(DType::kF32, {1, n_out}, scratch(size_t(n_out) * 4), 0);
    const int32_t row_of_expert[] = {int32_t(expert)};
    gather_rows(bias, down.bias, row_of_expert);
    scale(bias, weights[size_t(pair)]);
    add(row, bias);
  }
}

}  // namespace ridge
