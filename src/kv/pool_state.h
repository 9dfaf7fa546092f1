// What pool, sequences and holds know of each other: where each layer's pages and states lie, and
// which of them are free. Internal to kv/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/check.h"
#include "kv/free_pages.h"
#include "kv/kinds/kind.h"
#include "kv/page_table.h"
#include "kv/pool.h"
#include "kv/slots.h"

namespace ridge {

inline constexpr size_t kNoGroup = SIZE_MAX;

// Layers of equal reach, which share page numbers.
struct KvGroup {
  std::unique_ptr<const kv::Kind> kind;
  int64_t n_pages = 0;
  kv::FreePages free;
  int64_t page_bytes = 0;  // over all of its layers

  bool keeps_all() const { return kind->reach() == 0; }
};

struct KvLayerMemory {
  size_t group = kNoGroup;  // of a layer that attends
  bool is_shared = false;   // it reads an earlier layer's
  KvView pages = {};
  RecurrentView states = {};  // of one that does not
};

class KvLayout;

struct KvPool::State {
  Backend& backend;
  KvOptions options;
  bool has_states = false;
  std::vector<KvGroup> groups;
  std::vector<KvLayerMemory> layers;
  kv::FreePages slots;
  int64_t slot_bytes = 0;  // over all recurrent layers
  int64_t n_moments = 0;   // held
  int64_t n_bytes = 0;
  BufferPtr buffer;

  // All but the buffer.
  static State lay_out(Backend& backend, const ModelSpec& spec, const KvOptions& options);
  bool can_hold_moment() const {
    return n_moments < options.n_moments && (!has_states || slots.size() > 0);
  }
  // Slots of states.
  void copy_states(int32_t from, int32_t to);
  // A page of every layer of the group.
  void copy_page(size_t group, int32_t from, int32_t to);

 private:
  size_t group_of(std::unique_ptr<const kv::Kind> kind);
  void add_layer(const LayerSpec& layer, KvLayout& layout);
  void add_states(const kv::StateShape& shape, KvLayout& layout);
  void add_pages(std::unique_ptr<const kv::Kind> kind, KvLayout& layout);
};

struct KvSequence::State {
  KvPool::State& pool;
  int64_t n_tokens = 0;
  int64_t trial_begin = -1;           // -1: no trial
  std::vector<kv::PageTable> tables;  // one a group
  kv::SequenceSlots slots;

  explicit State(KvPool::State& pool_state);
  ~State() { shrink(0); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void shrink(int64_t length);
  // Brings the recurrent states back to the longest length up to this one. Returns it.
  int64_t go_back(int64_t length);
  void let_go();
  bool remembers(int64_t length) const;
  // Pages of a group to take for n more tokens: fresh ones, and one where the last is shared.
  int64_t pages_missing(size_t group, int64_t n) const;
};

// Rows of 4 bytes, one a page or slot, of a tensor of pages or slots.
Tensor as_rows(const Tensor& pages);
int64_t n_slots(const KvOptions& options);

}  // namespace ridge
