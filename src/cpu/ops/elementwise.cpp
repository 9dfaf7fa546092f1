#include "cpu/ops/elementwise.h"

#include <cstring>

#include "cpu/ops/rows.h"

namespace ridge::cpu {
namespace {

// Elements of simple work that an element with an exponential in it costs.
constexpr int64_t kExpCost = 8;

}  // namespace

void gated_activation(Context& context, const Tensor& out, const Tensor& gate, const Tensor& up,
                      Activation activation) {
  const Rows to(out), g(gate), u(up);
  RIDGE_DCHECK(to.size() == g.size() && to.size() == u.size());
  const auto kernel = context.kernels.vector.gated_activation[int(activation)];
  for_rows(context, to.size(), kExpCost * to.cols(),
           [&](int64_t i) { kernel(to[i], g[i], u[i], to.cols()); });
}

void activation(Context& context, const Tensor& x, Activation activation) {
  const Rows rows(x);
  const auto kernel = context.kernels.vector.activation[int(activation)];
  for_rows(context, rows.size(), kExpCost * rows.cols(),
           [&](int64_t i) { kernel(rows[i], rows.cols()); });
}

void copy(Context& context, const Tensor& out, const Tensor& x) {
  const Rows to(out), from(x);
  RIDGE_DCHECK(to.size() == from.size() && to.cols() == from.cols());
  for_rows(context, to.size(), to.cols(),
           [&](int64_t i) { std::memcpy(to[i], from[i], size_t(to.cols()) * sizeof(float)); });
}

void add(Context& context, const Tensor& out, const Tensor& x) {
  const Rows to(out), from(x);
  RIDGE_DCHECK(to.size() == from.size() && to.cols() == from.cols());
  const auto kernel = context.kernels.vector.add;
  for_rows(context, to.size(), to.cols(), [&](int64_t i) { kernel(to[i], from[i], to.cols()); });
}

void softcap(Context& context, const Tensor& x, float cap) {
  const Rows rows(x);
  const auto kernel = context.kernels.vector.softcap;
  for_rows(context, rows.size(), kExpCost * rows.cols(),
           [&](int64_t i) { kernel(rows[i], cap, rows.cols()); });
}

void scale(Context& context, const Tensor& x, float factor) {
  const Rows rows(x);
  const auto kernel = context.kernels.vector.scale;
  for_rows(context, rows.size(), rows.cols(),
           [&](int64_t i) { kernel(rows[i], factor, rows.cols()); });
}

void scale_rows(Context& context, const Tensor& x, std::span<const float> factors) {
  const Rows rows(x);
  RIDGE_DCHECK(rows.size() == int64_t(factors.size()));
  const auto kernel = context.kernels.vector.scale;
  for_rows(context, rows.size(), rows.cols(),
           [&](int64_t i) { kernel(rows[i], factors[size_t(i)], rows.cols()); });
}

void gather_rows(Context& context, const Tensor& out, const Tensor& x,
                 std::span<const int32_t> rows) {
  const Rows to(out), from(x);
  RIDGE_DCHECK(to.size() == int64_t(rows.size()) && to.cols() == from.cols());
  for_rows(context, to.size(), to.cols(), [&](int64_t i) {
    std::memcpy(to[i], from[rows[size_t(i)]], size_t(to.cols()) * sizeof(float));
  });
}

}  // namespace ridge::cpu
