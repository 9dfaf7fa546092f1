// Kind: how far back a layer looks, and what its cache keeps. A kind is one file here; the pool
// asks only this interface and nothing outside kv/ asks at all. Immutable values: any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backend/backend.h"
#include "spec/spec.h"

namespace ridge::kv {

// What a recurrent layer keeps of a sequence, whatever its length: the last inputs of a convolution
// and a matrix a head, both f32.
struct StateShape {
  int64_t n_inputs = 0;
  int64_t n_channels = 0;
  int64_t n_heads = 0;  // 0: no matrices
  int64_t k_dim = 0;
  int64_t v_dim = 0;

  int64_t n_bytes() const { return 4 * (n_inputs * n_channels + n_heads * k_dim * v_dim); }
};

// What a layer that attends keeps of a position: rows of K and of V for each KV head.
struct RowShape {
  int64_t n_kv_heads = 0;
  int64_t k_dim = 0;
  int64_t v_dim = 0;
  bool v_in_k = false;  // V is the first v_dim values of K's rows

  int64_t n_bytes(DType k_dtype, DType v_dtype) const {
    return n_kv_heads * (row_bytes(k_dtype, k_dim) + (v_in_k ? 0 : row_bytes(v_dtype, v_dim)));
  }
};

class Kind {
 public:
  virtual ~Kind() = default;
  virtual std::string name() const = 0;  // layers of equal name share page numbers
  // The first position that a token at `position`, or any after it, can see.
  virtual int64_t first_seen(int64_t position) const = 0;
  // The most tokens of a sequence that are in sight at once; 0: all of them.
  virtual int64_t reach() const = 0;
  // What it keeps: of each position, or instead of positions. One of the two is null.
  virtual const RowShape* row() const { return nullptr; }
  virtual const StateShape* state() const { return nullptr; }
};

std::unique_ptr<const Kind> make_full(const RowShape& row, std::string name = "full");
std::unique_ptr<const Kind> make_window(const RowShape& row, const AttentionWindow& window);
// latent_dim values that are K and V at once, then rope_dim more of K.
std::unique_ptr<const Kind> make_latent(int64_t latent_dim, int64_t rope_dim);
std::unique_ptr<const Kind> make_recurrent(const StateShape& shape);
std::unique_ptr<const Kind> kind_of(const LayerSpec& layer);

// The earlier layer whose cache it reads, if it has none of its own.
std::optional<int64_t> shared_layer(const LayerSpec& layer);

}  // namespace ridge::kv
