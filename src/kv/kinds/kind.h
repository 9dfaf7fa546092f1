// Kind: how far back a layer looks, and so what its cache keeps. A kind is one file here; the pool
// asks only this interface and nothing outside kv/ asks at all. Immutable values: any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "spec/spec.h"

namespace ridge::kv {

class Kind {
 public:
  virtual ~Kind() = default;
  virtual std::string name() const = 0;  // layers of equal name share page numbers
  // The first position that a token at `position`, or any after it, can see.
  virtual int64_t first_seen(int64_t position) const = 0;
  // The most tokens of a sequence that are in sight at once; 0: all of them.
  virtual int64_t reach() const = 0;
};

std::unique_ptr<const Kind> make_full();
std::unique_ptr<const Kind> make_window(int64_t window);
std::unique_ptr<const Kind> kind_of(const LayerSpec& layer);

}  // namespace ridge::kv
