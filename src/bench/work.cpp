#include "bench/work.h"

#include <algorithm>
#include <variant>

#include "spec/tensors.h"

namespace ridge {
namespace {

// Multiply-adds of one token with the keys and values that it sees.
double attention_macs(const std::vector<AttentionWork>& layers, double n_seen) {
  double macs = 0;
  for (const AttentionWork& layer : layers) {
    const double seen = layer.window > 0 ? std::min(n_seen, double(layer.window)) : n_seen;
    macs += seen * double(layer.macs);
  }
  return macs;
}

void add_mixer(const AttentionSpec& a, ModelWork& work) {
  work.attention.push_back({.macs = a.n_heads * (a.k_dim + a.v_dim), .window = a.window});
}

void add_mixer(const LatentAttentionSpec& a, ModelWork& work) {
  work.attention.push_back({.macs = a.n_heads * (a.row_dim() + a.latent_dim)});
}

// The delta rule looks a key up in each head's matrix, changes it and asks it.
void add_mixer(const DeltaNetSpec& net, ModelWork& work) {
  work.weight_macs += 3 * net.n_v_heads * net.k_dim * net.v_dim;
}

void add_mixer(const ShortConvSpec&, ModelWork&) {}

// Tokens at positions [first, first + n), one forward pass a chunk.
TestWork prefill_work(int64_t first, int64_t n, const ModelWork& model,
                      const std::vector<KvKindBytes>& kv, int64_t chunk) {
  TestWork work;
  for (int64_t done = 0; done < n; done += chunk) {
    const int64_t taken = std::min(chunk, n - done);
    const int64_t end = first + done + taken;
    work.bytes += double(model.weight_bytes + kv_bytes_read(kv, end));
    const double mean_seen = double(end) - double(taken - 1) / 2;
    work.macs +=
        double(taken) * (double(model.weight_macs) + attention_macs(model.attention, mean_seen));
  }
  if (n > 0) work.macs += double(model.head_macs);
  return work;
}

TestWork decode_work(int64_t first, int64_t n, int n_columns, const ModelWork& model,
                     const std::vector<KvKindBytes>& kv) {
  TestWork work;
  const double columns = n_columns;
  const int64_t middle = first + (n + 1) / 2;  // bytes grow evenly from the first token to the last
  const double kv_bytes = columns * double(kv_bytes_read(kv, middle));
  work.bytes = double(n) * (double(model.weight_bytes) + kv_bytes);
  const double of_token =
      double(model.weight_macs + model.head_macs) + attention_macs(model.attention, double(middle));
  work.macs = double(n) * columns * of_token;
  return work;
}

}  // namespace

ModelWork work_of_model(const ModelSpec& spec, const gguf::File& file) {
  ModelWork work{.weight_bytes = active_weight_bytes(spec, file)};
  for (const TensorUse& use : tensor_uses(spec)) {
    work.every_weight = work.every_weight && use.n_active == use.n_matrices;
    if (use.role == TensorRole::kEmbedding || use.n_out == 1) continue;
    const int64_t macs = use.n_active * use.n_out * use.n_in;
    (use.role == TensorRole::kOutput ? work.head_macs : work.weight_macs) += macs;
  }
  for (const LayerSpec& layer : spec.layers) {
    std::visit([&](const auto& mixer) { add_mixer(mixer, work); }, layer.mixer);
  }
  return work;
}

int64_t kv_bytes_read(const std::vector<KvKindBytes>& kv, int64_t n_tokens) {
  int64_t total = 0;
  for (const KvKindBytes& kind : kv) total += kind.bytes_read(n_tokens);
  return total;
}

TestWork work_of_test(const BenchTest& test, const ModelWork& model,
                      const std::vector<KvKindBytes>& kv, int64_t chunk) {
  const TestWork prompt = prefill_work(test.n_depth, test.n_prompt, model, kv, chunk);
  const TestWork gen =
      decode_work(test.n_depth + test.n_prompt, test.n_gen, test.n_columns, model, kv);
  TestWork total{.bytes = prompt.bytes + gen.bytes, .macs = prompt.macs + gen.macs};
  const bool many_rows = test.n_prompt > 0 || test.n_columns > 1;
  if (!model.every_weight && many_rows) total.bytes = 0;
  return total;
}

}  // namespace ridge
