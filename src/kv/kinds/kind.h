// Kind: how far back a layer looks, and so what its cache keeps. A kind is one file here; the pool
// asks only this interface and nothing outside kv/ asks at all. Immutable values: any thread.
#pragma once

#include <cstdint>
#include <memory>
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

class Kind {
 public:
  virtual ~Kind() = default;
  virtual std::string name() const = 0;  // layers of equal name share page numbers
  // The first position that a token at `position`, or any after it, can see.
  virtual int64_t first_seen(int64_t position) const = 0;
  // The most tokens of a sequence that are in sight at once; 0: all of them.
  virtual int64_t reach() const = 0;
  // What it keeps instead of positions; null: it keeps positions.
  virtual const StateShape* state() const { return nullptr; }
};

std::unique_ptr<const Kind> make_full();
std::unique_ptr<const Kind> make_window(const AttentionWindow& window);
std::unique_ptr<const Kind> make_recurrent(const StateShape& shape);
std::unique_ptr<const Kind> kind_of(const LayerSpec& layer);

}  // namespace ridge::kv
