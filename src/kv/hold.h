// KvHold: cached positions that stay when the sequence that wrote them is gone, for others to begin
// with (KvPool::create). It shares pages and copies nothing but recurrent states. Two kinds: rows
// [begin, end) of the layers that keep every position, and a moment: what windows and recurrent
// layers hold after `end` tokens. One thread, the pool's; the pool outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kv/pool.h"

namespace ridge {

// What identifies the bytes of a hold, so that they can be kept elsewhere and brought back.
struct KvHoldShape {
  int64_t begin = 0;  // of rows; equals end for a moment
  int64_t end = 0;
  bool is_moment = false;
};

class KvHold {
 public:
  KvHold(KvHold&&) noexcept;
  KvHold& operator=(KvHold&&) noexcept;
  ~KvHold();

  const KvHoldShape& shape() const;
  // Of rows: keeps [begin, position) and returns [position, end).
  KvHold split(int64_t position);

  // Its pages and states as bytes, and back: what this back end, with these options, wrote.
  static int64_t bytes_of(const KvPool& pool, const KvHoldShape& shape);
  void save(std::span<std::byte> out) const;  // bytes_of()
  // Nothing where the pool has no room. Throws Error{kInvalidFile} for another number of bytes.
  static std::optional<KvHold> load(KvPool& pool, const KvHoldShape& shape,
                                    std::span<const std::byte> bytes);

 private:
  friend class KvPool;
  friend class KvSequence;
  struct State;
  explicit KvHold(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ridge
