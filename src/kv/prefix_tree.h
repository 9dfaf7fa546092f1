// PrefixTree: everything that sequences have left in the cache, by the tokens that it stands for,
// for whoever asks next. A node is a run of tokens after those of its parent, with a hold on their
// rows; where layers keep moments (windows, recurrent states), a node may hold the one at its end,
// and a sequence can only begin where there is one. What was used longest ago is forgotten first,
// and leaves before what they grew from. One thread, the pool's; the pool outlives it.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "kv/hold.h"
#include "kv/pool.h"

namespace ridge {

using TokenSpan = std::span<const int32_t>;

class PrefixTree {
 public:
  explicit PrefixTree(KvPool& pool);
  ~PrefixTree();

  // How far the tree agrees with these tokens, and the most of it that a sequence can begin with.
  struct Match {
    int64_t n_equal = 0;
    int64_t n_usable = 0;
    TokenSpan cached_next;  // what the tree has instead after n_equal, on the path used last
  };
  Match match(TokenSpan tokens) const;

  // A sequence of the longest usable prefix of `tokens`, which counts as used. Empty where there is
  // none, or no room for its states.
  KvSequence resume(TokenSpan tokens);

  // Keeps the sequence, whose tokens these are: as many as it has. With a moment it can be resumed
  // right here, too, where the pool has room for one or another can be forgotten.
  enum class Moment { kKeep, kNone };
  void add(TokenSpan tokens, const KvSequence& sequence, Moment moment);
  // Likewise what was loaded: rows of the last tokens, perhaps the moment at their end. False: the
  // tree does not have what comes before them.
  bool add(TokenSpan tokens, KvHold rows, std::optional<KvHold> moment);

  // The moment at the end of these tokens, if it is held.
  const KvHold* moment_after(TokenSpan tokens) const;

  bool forget_one();         // of the nodes; false: there is none
  bool forget_one_moment();  // likewise
  int64_t n_nodes() const { return int64_t(by_use_.size()); }

 private:
  struct Node;
  struct Path {
    Node* node;        // the deepest that agrees in at least one token; the root if none does
    int64_t n_inside;  // tokens of it that agree
    int64_t n_equal;
  };
  Path find(TokenSpan tokens) const;
  Node* usable(const Path& path, int64_t* n_tokens) const;
  void touch(Node* node);
  // The node that ends after these tokens: split from a longer one if need be; null where the tree
  // is shorter.
  Node* end_at(TokenSpan tokens);
  Node* append(Node* parent, TokenSpan tokens, KvHold rows);
  void keep_moment(Node* node, const KvSequence& sequence);
  void remove(Node* leaf);

  KvPool& pool_;
  std::unique_ptr<Node> root_;
  std::list<Node*> by_use_;  // used last in front; a parent is always before its children
};

}  // namespace ridge
