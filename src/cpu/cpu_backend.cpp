#include "cpu/cpu_backend.h"

#include <cstring>

#include "base/strcat.h"
#include "cpu/context.h"
#include "cpu/cpu_buffer.h"
#include "cpu/dispatch.h"
#include "cpu/ops/attention.h"
#include "cpu/ops/bandwidth.h"
#include "cpu/ops/elementwise.h"
#include "cpu/ops/embed.h"
#include "cpu/ops/experts.h"
#include "cpu/ops/kv_write.h"
#include "cpu/ops/matmul.h"
#include "cpu/ops/norm.h"
#include "cpu/ops/read_ahead.h"
#include "cpu/ops/recurrent.h"
#include "cpu/ops/rope.h"
#include "cpu/ops/route.h"
#include "cpu/packed_weight.h"

namespace ridge::cpu {
namespace {

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(const Options& options)
      : kernels_(choose_kernels(options.isa)), pool_(options.n_threads) {}

  std::string_view name() const override { return "cpu"; }
  std::string description() const override {
    return cat("cpu ", kernels_.level, ", ", pool_.size(),
               pool_.size() == 1 ? " thread" : " threads");
  }
  double measure_read_bandwidth(size_t n_bytes) override {
    return cpu::measure_read_bandwidth(pool_, n_bytes);
  }

  BufferPtr alloc(size_t n_bytes) override { return std::make_unique<CpuBuffer>(n_bytes); }
  WeightPtr make_weight(const WeightSource& source) override {
    return std::make_unique<PackedWeight>(context_, source);
  }
  size_t memory_of(const WeightSource& source) const override {
    return PackedWeight::memory_of(kernels_.table, source);
  }
  void upload(const Tensor& dst, std::span<const std::byte> src) override {
    std::memcpy(bytes_of(dst), src.data(), src.size());
  }
  void download(const Tensor& src, std::span<std::byte> dst) override {
    std::memcpy(dst.data(), bytes_of(src), dst.size());
  }
  void sync() override {}

  void embed(const Tensor& out, const Weight& table, std::span<const int32_t> ids,
             float factor) override {
    cpu::embed(context_, out, table, ids, factor);
  }
  void rms_norm(const Tensor& out, const Tensor& x, const Tensor& weight, float eps) override {
    cpu::rms_norm(context_, out, x, weight, eps);
  }
  void layer_norm(const Tensor& out, const Tensor& x, const LayerNormParams& params) override {
    cpu::layer_norm(context_, out, x, params);
  }
  void matmul(const Tensor& x, std::span<const Projection> projections, Store store) override {
    cpu::matmul(context_, x, projections, store);
  }
  void head_matmul(const Tensor& out, const Tensor& x, const Weight& weight) override {
    cpu::head_matmul(context_, out, x, weight);
  }
  void gated_matmul(const Tensor& out, const Tensor& x, const Weight& gate, const Weight& up,
                    Activation activation) override {
    cpu::gated_matmul(context_, out, x, gate, up, activation);
  }
  void route(const Routing& out, const Tensor& logits, const RouterParams& params) override {
    cpu::route(context_, out, logits, params);
  }
  void read_ahead(const Routing& routing, std::span<const Weight* const> weights) override {
    cpu::read_ahead(routing, weights);
  }
  void expert_gated_matmul(const Tensor& out, const Tensor& x, const Routing& routing,
                           const GatedExperts& experts) override {
    cpu::expert_gated_matmul(context_, out, x, routing, experts);
  }
  void expert_matmul(const Tensor& out, const Tensor& x, const Routing& routing,
                     const ExpertProjection& down, Store store) override {
    cpu::expert_matmul(context_, out, x, routing, down, store);
  }
  void gated_activation(const Tensor& out, const Tensor& gate, const Tensor& up,
                        Activation activation) override {
    cpu::gated_activation(context_, out, gate, up, activation);
  }
  void activation(const Tensor& x, Activation activation) override {
    cpu::activation(context_, x, activation);
  }
  void rope(const Tensor& x, std::span<const int32_t> positions,
            const RopeParams& params) override {
    cpu::rope(context_, x, positions, params);
  }
  void kv_write(const KvView& cache, const Tensor& k, const Tensor& v,
                std::span<const SequenceRows> sequences) override {
    cpu::kv_write(context_, cache, k, v, sequences);
  }
  void attention(const Tensor& out, const Tensor& q, const KvView& cache,
                 std::span<const SequenceRows> sequences, const AttentionParams& params) override {
    cpu::attention(context_, out, q, cache, sequences, params);
  }
  void short_convolution(const Tensor& out, const Tensor& x, const ShortConvolution& convolution,
                         std::span<const SequenceRows> sequences) override {
    cpu::short_convolution(context_, out, x, convolution, sequences);
  }
  void delta_net(const Tensor& out, const DeltaNetInputs& inputs, const DeltaNetParams& params,
                 std::span<const SequenceRows> sequences) override {
    cpu::delta_net(context_, out, inputs, params, sequences);
  }
  void copy(const Tensor& out, const Tensor& x) override { cpu::copy(context_, out, x); }
  void add(const Tensor& out, const Tensor& x) override { cpu::add(context_, out, x); }
  void softcap(const Tensor& x, float cap) override { cpu::softcap(context_, x, cap); }
  void scale(const Tensor& x, float factor) override { cpu::scale(context_, x, factor); }
  void scale_rows(const Tensor& x, std::span<const float> factors) override {
    cpu::scale_rows(context_, x, factors);
  }
  void gather_rows(const Tensor& out, const Tensor& x, std::span<const int32_t> rows) override {
    cpu::gather_rows(context_, out, x, rows);
  }

 private:
  const ChosenKernels kernels_;
  ThreadPool pool_;
  Scratch scratch_;
  RopeTables rope_tables_;
  WeightArena weights_;
  WeightOrder order_;
  Context context_{pool_, kernels_.table, scratch_, rope_tables_, weights_, order_};
};

}  // namespace

std::unique_ptr<Backend> make_backend(const Options& options) {
  return std::make_unique<CpuBackend>(options);
}

}  // namespace ridge::cpu
