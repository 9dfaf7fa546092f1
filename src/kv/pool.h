// KvPool owns the cache memory of a model. Layers that attend have pages of page_size tokens; those
// with the same reach form a group ("full": every position is kept; "window": only the last
// `window` ones; "latent": every position, as one vector that is K and V at once) that shares page
// numbers, so that a sequence has one page table per group.
// Recurrent layers have slots, each with the states of all of them for one sequence at one moment:
// now, or at a checkpoint. Nothing outside kv/ asks which kind a layer is. One thread (the
// engine's) uses a pool; it must outlive its sequences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "spec/spec.h"

namespace ridge {

struct KvOptions {
  DType k_dtype = DType::kF16;  // f16 or q8_0; of latent vectors, too
  DType v_dtype = DType::kF16;
  int64_t n_tokens = 4096;  // positions that the full group can hold, over all sequences
  int64_t n_sequences = 1;  // sequences at once: sizes the window groups
  int64_t max_batch = 512;  // most tokens that one forward pass appends to a sequence
  int page_size = 32;
  int64_t n_checkpoints = 0;  // of recurrent states, for each sequence
  int64_t n_trial = 0;        // most tokens of a sequence on trial at once; 0: no trials
  int64_t n_moments = 0;      // held (kv/hold.h), beside what running sequences need
};

// What the cache costs, by kind of layer; the allocator and `ridge inspect` share it.
struct KvKindBytes {
  std::string kind;                 // "full", "window 512", "latent", "recurrent"
  int64_t n_layers = 0;             // that keep one: some read an earlier layer's
  int64_t bytes_per_token = 0;      // over all of them
  int64_t read_per_token = 0;       // over all layers of the kind: what they read of a position
  int64_t tokens_per_sequence = 0;  // most that one sequence keeps; 0: all of its tokens
  int64_t bytes_per_sequence = 0;   // whatever its length: states

  // Of a sequence of n_tokens; what its last token reads.
  int64_t bytes(int64_t n_tokens) const {
    return bytes_per_sequence + bytes_per_token * kept(n_tokens);
  }
  int64_t bytes_read(int64_t n_tokens) const {
    return bytes_per_sequence + read_per_token * kept(n_tokens);
  }

 private:
  int64_t kept(int64_t n_tokens) const {
    const bool bounded = tokens_per_sequence > 0 && tokens_per_sequence < n_tokens;
    return bounded ? tokens_per_sequence : n_tokens;
  }
};
std::vector<KvKindBytes> kv_bytes(const ModelSpec& spec, DType k_dtype, DType v_dtype);

// What a pool takes for the layers of a kind: whole pages and slots. Of types a pool cannot keep,
// too, for who plans another engine's. Together they are its memory but for alignment.
struct KvKindMemory {
  std::string kind;
  int64_t n_bytes = 0;
};
std::vector<KvKindMemory> kv_memory(const ModelSpec& spec, const KvOptions& options);

// The states of one recurrent layer, for every slot of the pool.
struct RecurrentView {
  Tensor inputs;    // f32 [n_slots, n_taps - 1, n_channels], of its convolution
  Tensor matrices;  // f32 [n_slots, n_v_heads, k_dim, v_dim]; empty where it has none
};

class KvHold;
class KvPool;

// The cached positions 0 … n_tokens()-1 of one sequence. Returns its pages when destroyed.
class KvSequence {
 public:
  KvSequence(KvSequence&&) noexcept;
  KvSequence& operator=(KvSequence&&) noexcept;
  ~KvSequence();

  int64_t n_tokens() const;

  // Makes room for n more tokens (n <= max_batch). Throws Error{kOutOfMemory}, nothing changed, if
  // the pool has too few pages or no slot. Afterwards pages(layer) covers positions up to
  // n_tokens() + n, and none that is to be written is held by anybody else.
  void reserve(int64_t n);
  bool can_reserve(int64_t n) const;
  // The n reserved tokens are written: they count now; windows let go of what nobody can see.
  void commit(int64_t n);
  // Forgets all from position `length` on. Returns the length that survives. It is less than
  // `length` where a window has already let go of what that position would need, and where there
  // are recurrent layers, whose states only go back to a checkpoint: then that of the last usable
  // checkpoint before, else 0.
  int64_t truncate(int64_t length);

  // From here on tokens are on trial: they are reserved, committed and seen as ever, at most
  // n_trial of them, until accept_trial() lets them stay, or take_back_trial() forgets them at no
  // cost: windows hold what they held, and recurrent states of before lie in a slot of their own.
  // Some of them stay when the states are computed again from what the layers read
  // (Transformer::replay) and commit() counts them: their pages are as they were. The sequence has
  // tokens; truncate() and checkpoint() have to wait. begin_trial() throws Error{kOutOfMemory}
  // where the pool has no slot.
  void begin_trial();
  void accept_trial();
  void take_back_trial();

  // Keeps the recurrent states of this moment for truncate(), instead of the oldest checkpoint
  // where there are n_checkpoints. Without recurrent layers there is nothing to do.
  void checkpoint();

  // A hold on positions [begin, end) in the layers that keep every position.
  KvHold hold(int64_t begin, int64_t end) const;
  // A hold on what the other layers keep of this moment, which takes a copy of the recurrent
  // states. There is no trial. Nothing where n_moments are held already.
  std::optional<KvHold> hold_moment() const;

  // The page table for this layer: entry p / page_size holds position p; -1 where let go.
  std::span<const int32_t> pages(int layer) const;
  // Where the recurrent layers' states of it will be after the reserved tokens; -1 without such
  // layers or before reserve().
  int32_t slot() const;
  // Where they are now, when that is another slot (at the beginning of a trial); else -1.
  int32_t from_slot() const;

 private:
  friend class KvHold;
  friend class KvPool;
  struct State;
  explicit KvSequence(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class KvPool {
 public:
  // Throws Error{kOutOfMemory}, and Error{kInvalidArgument} for a type or size it cannot have.
  KvPool(Backend& backend, const ModelSpec& spec, const KvOptions& options);
  ~KvPool();
  // What the constructor would allocate; throws what it throws for impossible options.
  static int64_t memory_of(Backend& backend, const ModelSpec& spec, const KvOptions& options);

  KvSequence create();
  // A sequence of n_tokens that begins with what is held: rows are the parts of it one after
  // another, the last one perhaps longer; where layers keep moments, that of n_tokens. Throws
  // Error{kOutOfMemory} where no slot is free.
  KvSequence create(std::span<const KvHold* const> rows, const KvHold* moment, int64_t n_tokens);
  bool keeps_moments() const;  // whether any layer forgets positions
  KvView view(int layer) const;
  RecurrentView states(int layer) const;
  bool has_states() const;  // whether any layer is recurrent
  const KvOptions& options() const;
  int64_t n_bytes() const;      // allocated
  int64_t used_bytes() const;   // of pages and slots that somebody holds
  int64_t free_tokens() const;  // room left in the full group

 private:
  friend class KvHold;
  friend class KvSequence;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge
