// AttentionRig: a cache of several sequences in scattered pages and random queries for them, on one
// back end. Unused pages and slots past the end are NaN, and pages that a window has left have no
// number, so that a kernel that looks there cannot pass.
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "cpu/cpu_backend.h"

namespace ridge::test {

struct AttentionCase {
  int64_t n_heads = 3;
  int64_t n_kv_heads = 1;
  int64_t k_dim = 64;
  int64_t v_dim = 64;
  DType k_dtype = DType::kF16;
  DType v_dtype = DType::kF16;
  int page_size = 32;
  AttentionParams params = {.scale = 0.125f};
  std::vector<float> sinks = {};  // one a head, or none
  bool v_in_k = false;            // V is the beginning of K's rows
};

inline std::string describe(const AttentionCase& c) {
  return std::to_string(c.n_heads) + "/" + std::to_string(c.n_kv_heads) + " heads, dims " +
         std::to_string(c.k_dim) + "/" + std::to_string(c.v_dim) + ", " +
         std::string(info(c.k_dtype).name) + "/" + std::string(info(c.v_dtype).name) + ", page " +
         std::to_string(c.page_size) + ", window " + std::to_string(c.params.window.size) +
         (c.params.window.rule == WindowRule::kChunks ? " chunked" : "") + ", cap " +
         std::to_string(c.params.softcap) + (c.sinks.empty() ? "" : ", sinks") +
         (c.v_in_k ? ", V in K" : "");
}

inline std::vector<float> random_floats(Rng& rng, int64_t n) {
  std::vector<float> out(static_cast<size_t>(n));
  for (float& x : out) {  // about normal
    double sum = 0.0;
    for (int i = 0; i < 4; ++i) sum += rng.uniform();
    x = float((sum - 2.0) * 1.7);
  }
  return out;
}

class AttentionRig {
 public:
  AttentionRig(const AttentionCase& c, std::vector<int64_t> lengths, const cpu::Options& options,
               uint64_t seed = 1)
      : c_(c), lengths_(std::move(lengths)), backend_(cpu::make_backend(options)) {
    Rng rng(seed);
    int64_t n_pages = 3;
    for (int64_t length : lengths_) n_pages += (length + c.page_size - 1) / c.page_size;
    cache_.k = make(c.k_dtype, {n_pages, c.n_kv_heads, c.page_size, c.k_dim});
    poison(cache_.k);
    if (c.v_in_k) {
      cache_.v = slice_cols(cache_.k, 0, c.v_dim);
    } else {
      cache_.v = make(c.v_dtype, {n_pages, c.n_kv_heads, c.page_size, c.v_dim});
      poison(cache_.v);
    }
    n_kept_ = buffers_.size();
    deal_pages(rng, n_pages);
    for (size_t s = 0; s < lengths_.size(); ++s) {
      k_.push_back(random_floats(rng, lengths_[s] * c.n_kv_heads * c.k_dim));
      v_.push_back(random_floats(rng, lengths_[s] * c.n_kv_heads * c.v_dim));
      q_.push_back(random_floats(rng, lengths_[s] * c.n_heads * c.k_dim));
      write(s, 0, lengths_[s]);
    }
  }

  Backend& backend() { return *backend_; }
  const KvView& cache() const { return cache_; }
  int64_t length(size_t sequence) const { return lengths_[sequence]; }

  // Writes positions [begin, end) of a sequence to the cache.
  void write(size_t s, int64_t begin, int64_t end) {
    const int64_t n = end - begin;
    const Tensor k = load(k_[s], begin, n, c_.n_kv_heads, c_.k_dim);
    const Tensor v = c_.v_in_k ? Tensor{} : load(v_[s], begin, n, c_.n_kv_heads, c_.v_dim);
    const SequenceRows rows{0, int(n), int32_t(begin), pages_[s]};
    backend_->kv_write(cache_, k, v, {&rows, 1});
  }

  // Makes positions [begin, length) of a sequence NaN.
  void forget_from(size_t s, int64_t begin) {
    const int64_t n = lengths_[s] - begin;
    const std::vector<float> nan(size_t(n * c_.n_kv_heads * std::max(c_.k_dim, c_.v_dim)), NAN);
    const Tensor k = load(nan, 0, n, c_.n_kv_heads, c_.k_dim);
    const Tensor v = c_.v_in_k ? Tensor{} : load(nan, 0, n, c_.n_kv_heads, c_.v_dim);
    const SequenceRows rows{0, int(n), int32_t(begin), pages_[s]};
    backend_->kv_write(cache_, k, v, {&rows, 1});
  }

  struct Part {
    size_t sequence;
    int64_t begin;
    int64_t n;
  };

  // Attention of the parts' rows in one call: [rows, n_heads, v_dim].
  std::vector<float> run(const std::vector<Part>& parts) {
    std::vector<float> q;
    std::vector<SequenceRows> rows;
    std::vector<std::vector<int32_t>> tables;
    tables.reserve(parts.size());
    const int64_t q_size = c_.n_heads * c_.k_dim;
    for (const Part& part : parts) {
      tables.push_back(visible_pages(part));
      rows.push_back(
          {int(int64_t(q.size()) / q_size), int(part.n), int32_t(part.begin), tables.back()});
      const auto from = q_[part.sequence].begin() + part.begin * q_size;
      q.insert(q.end(), from, from + part.n * q_size);
    }
    const int64_t n = int64_t(q.size()) / q_size;
    // Rows further apart than they are long, as in a fused QKV projection.
    const Tensor wide = make(DType::kF32, {n, c_.n_heads + 1, c_.k_dim});
    Tensor q_tensor = wide;
    q_tensor.shape[1] = c_.n_heads;
    for (int64_t i = 0; i < n; ++i) {
      Tensor row = slice_rows(q_tensor, i, 1);
      backend_->upload(row,
                       std::as_bytes(std::span(q).subspan(size_t(i * q_size), size_t(q_size))));
    }
    const Tensor out = make(DType::kF32, {n, c_.n_heads, c_.v_dim});
    AttentionParams params = c_.params;
    if (!c_.sinks.empty()) {
      params.sinks = make(DType::kF32, {c_.n_heads});
      backend_->upload(params.sinks, std::as_bytes(std::span(c_.sinks)));
    }
    backend_->attention(out, q_tensor, cache_, rows, params);
    std::vector<float> result(size_t(out.n_elements()));
    backend_->download(out, std::as_writable_bytes(std::span(result)));
    buffers_.resize(n_kept_);
    return result;
  }

  // Cached values as stored: [length, n_kv_heads, dim].
  std::vector<float> cached(const Tensor& half, size_t s) {
    Tensor whole = half;  // of K, where V is in it
    whole.shape[3] = half.stride[2];
    std::vector<std::byte> bytes(size_t(row_bytes(whole.dtype, whole.n_elements())));
    backend_->download(whole, bytes);
    std::vector<float> out;
    const int64_t dim = half.shape[3];
    for (int64_t p = 0; p < lengths_[s]; ++p) {
      for (int64_t head = 0; head < half.shape[1]; ++head) {
        const int64_t page = pages_[s][size_t(p / c_.page_size)];
        const int64_t slot = p % c_.page_size;
        const int64_t at = page * half.stride[0] + head * half.stride[1] + slot * half.stride[2];
        std::vector<float> row(static_cast<size_t>(dim));
        info(half.dtype).decode(bytes.data() + row_bytes(half.dtype, at), row.data(), dim);
        out.insert(out.end(), row.begin(), row.end());
      }
    }
    return out;
  }
  std::span<const float> queries(size_t s) const { return q_[s]; }
  std::span<const float> keys(size_t s) const { return k_[s]; }

 private:
  Tensor make(DType dtype, std::initializer_list<int64_t> shape) {
    int64_t n = 1;
    for (int64_t size : shape) n *= size;
    buffers_.push_back(backend_->alloc(size_t(row_bytes(dtype, n))));
    return make_tensor(dtype, shape, *buffers_.back(), 0);
  }

  Tensor load(const std::vector<float>& values, int64_t begin, int64_t n, int64_t heads,
              int64_t dim) {
    const Tensor t = make(DType::kF32, {n, heads, dim});
    const auto part =
        std::span(values).subspan(size_t(begin * heads * dim), size_t(n * heads * dim));
    backend_->upload(t, std::as_bytes(part));
    return t;
  }

  void poison(const Tensor& t) {
    const std::vector<std::byte> ones(size_t(row_bytes(t.dtype, t.n_elements())), std::byte{0xff});
    backend_->upload(t, ones);
  }

  void deal_pages(Rng& rng, int64_t n_pages) {
    std::vector<int32_t> order(static_cast<size_t>(n_pages));
    for (size_t i = 0; i < order.size(); ++i) order[i] = int32_t(i);
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
    size_t next = 0;
    for (int64_t length : lengths_) {
      const auto n = size_t((length + c_.page_size - 1) / c_.page_size);
      pages_.emplace_back(order.begin() + int64_t(next), order.begin() + int64_t(next + n));
      next += n;
    }
  }

  // The table as a pool would give it: pages that no row of the part sees are gone.
  std::vector<int32_t> visible_pages(const Part& part) const {
    std::vector<int32_t> pages = pages_[part.sequence];
    const int64_t first = c_.params.window.first_seen(part.begin);
    for (int64_t i = 0; i < first / c_.page_size; ++i) pages[size_t(i)] = -1;
    return pages;
  }

  AttentionCase c_;
  std::vector<int64_t> lengths_;
  std::unique_ptr<Backend> backend_;
  std::vector<BufferPtr> buffers_;
  size_t n_kept_ = 0;  // of them, which are the cache
  KvView cache_;
  std::vector<std::vector<int32_t>> pages_;
  std::vector<std::vector<float>> k_, v_, q_;
};

}  // namespace ridge::test
