#include "kv/prefix_tree.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ridge {

struct PrefixTree::Node {
  Node* parent = nullptr;
  int64_t begin = 0;  // position of its first token
  std::vector<int32_t> tokens;
  std::optional<KvHold> rows;
  std::optional<KvHold> moment;
  std::map<int32_t, std::unique_ptr<Node>> children;  // by their first token
  std::list<Node*>::iterator use;

  int64_t end() const { return begin + int64_t(tokens.size()); }
};

PrefixTree::PrefixTree(KvPool& pool) : pool_(pool), root_(std::make_unique<Node>()) {}
PrefixTree::~PrefixTree() {
  while (forget_one()) {  // leaves first: no deep recursion
  }
}

PrefixTree::Path PrefixTree::find(TokenSpan tokens) const {
  Path path{.node = root_.get(), .n_inside = 0, .n_equal = 0};
  while (path.n_inside == int64_t(path.node->tokens.size()) &&
         path.n_equal < int64_t(tokens.size())) {
    const TokenSpan rest = tokens.subspan(size_t(path.n_equal));
    const auto child = path.node->children.find(rest.front());
    if (child == path.node->children.end()) break;
    path.node = child->second.get();
    path.n_inside = std::ranges::mismatch(path.node->tokens, rest).in1 - path.node->tokens.begin();
    path.n_equal += path.n_inside;
  }
  return path;
}

// The deepest node of the path that a sequence can begin with, and how many tokens that is.
PrefixTree::Node* PrefixTree::usable(const Path& path, int64_t* n_tokens) const {
  *n_tokens = path.n_equal;
  if (!pool_.keeps_moments()) return path.node;
  Node* node = path.node;
  if (path.n_inside < int64_t(node->tokens.size())) node = node->parent;
  while (node != nullptr && !node->moment) node = node->parent;
  *n_tokens = node != nullptr ? node->end() : 0;
  return node != nullptr ? node : root_.get();
}

PrefixTree::Match PrefixTree::match(TokenSpan tokens) const {
  const Path path = find(tokens);
  Match match{.n_equal = path.n_equal, .n_usable = 0, .cached_next = {}};
  usable(path, &match.n_usable);
  match.cached_next = TokenSpan(path.node->tokens).subspan(size_t(path.n_inside));
  if (!match.cached_next.empty() || path.node->children.empty()) return match;
  const auto used_last =
      std::ranges::find_if(by_use_, [&](const Node* node) { return node->parent == path.node; });
  match.cached_next = (*used_last)->tokens;
  return match;
}

void PrefixTree::touch(Node* node) {
  for (; node != root_.get(); node = node->parent) {
    by_use_.splice(by_use_.begin(), by_use_, node->use);
  }
}

KvSequence PrefixTree::resume(TokenSpan tokens) {
  int64_t n_tokens = 0;
  Node* last = usable(find(tokens), &n_tokens);
  touch(last);
  std::vector<const KvHold*> rows;
  for (const Node* node = last; node != root_.get(); node = node->parent) {
    rows.push_back(&*node->rows);
  }
  std::ranges::reverse(rows);
  const KvHold* moment = last->moment && last->end() == n_tokens ? &*last->moment : nullptr;
  return pool_.create(rows, pool_.keeps_moments() ? moment : nullptr, n_tokens);
}

PrefixTree::Node* PrefixTree::append(Node* parent, TokenSpan tokens, KvHold rows) {
  auto node = std::make_unique<Node>();
  node->parent = parent;
  node->begin = parent->end();
  node->tokens.assign(tokens.begin(), tokens.end());
  node->rows = std::move(rows);
  by_use_.push_front(node.get());
  node->use = by_use_.begin();
  Node* added = node.get();
  parent->children.emplace(tokens.front(), std::move(node));
  return added;
}

PrefixTree::Node* PrefixTree::end_at(TokenSpan tokens) {
  const Path path = find(tokens);
  if (path.n_equal < int64_t(tokens.size())) return nullptr;
  Node* lower = path.node;
  if (path.n_inside == int64_t(lower->tokens.size())) return lower;
  auto upper = std::make_unique<Node>();
  const auto middle = lower->tokens.begin() + path.n_inside;
  upper->parent = lower->parent;
  upper->begin = lower->begin;
  upper->tokens.assign(lower->tokens.begin(), middle);
  KvHold rest = lower->rows->split(lower->begin + path.n_inside);
  upper->rows = std::exchange(lower->rows, std::move(rest));
  lower->tokens.erase(lower->tokens.begin(), middle);
  lower->begin = upper->end();
  std::unique_ptr<Node>& place = upper->parent->children.at(upper->tokens.front());
  Node* added = upper.get();
  lower->parent = added;
  added->children.emplace(lower->tokens.front(), std::exchange(place, std::move(upper)));
  added->use = by_use_.insert(lower->use, added);
  return added;
}

void PrefixTree::keep_moment(Node* node, const KvSequence& sequence) {
  if (node == root_.get() || node->moment) return;
  node->moment = sequence.hold_moment();
  if (!node->moment && forget_one_moment()) node->moment = sequence.hold_moment();
}

void PrefixTree::add(TokenSpan tokens, const KvSequence& sequence, Moment moment) {
  RIDGE_CHECK(int64_t(tokens.size()) == sequence.n_tokens());
  if (tokens.empty()) return;
  const Path path = find(tokens);
  Node* node = path.node;
  if (path.n_equal < int64_t(tokens.size())) {
    Node* parent = end_at(tokens.first(size_t(path.n_equal)));
    node = append(parent, tokens.subspan(size_t(path.n_equal)),
                  sequence.hold(path.n_equal, int64_t(tokens.size())));
  }
  if (moment == Moment::kKeep && pool_.keeps_moments()) {
    node = end_at(tokens);
    keep_moment(node, sequence);
  }
  touch(node);
}

bool PrefixTree::add(TokenSpan tokens, KvHold rows, std::optional<KvHold> moment) {
  const Path path = find(tokens);
  const int64_t begin = rows.shape().begin;
  RIDGE_CHECK(rows.shape().end == int64_t(tokens.size()));
  if (begin > path.n_equal) return false;
  Node* node = path.node;
  if (path.n_equal < int64_t(tokens.size())) {
    Node* parent = end_at(tokens.first(size_t(path.n_equal)));
    if (path.n_equal > begin) rows = rows.split(path.n_equal);
    node = append(parent, tokens.subspan(size_t(path.n_equal)), std::move(rows));
  }
  if (moment) {
    node = end_at(tokens);
    if (!node->moment) node->moment = std::move(moment);
  }
  touch(node);
  return true;
}

const KvHold* PrefixTree::moment_after(TokenSpan tokens) const {
  const Path path = find(tokens);
  const bool is_end =
      path.n_equal == int64_t(tokens.size()) && path.n_inside == int64_t(path.node->tokens.size());
  return is_end && path.node->moment ? &*path.node->moment : nullptr;
}

void PrefixTree::remove(Node* leaf) {
  RIDGE_CHECK(leaf->children.empty());
  by_use_.erase(leaf->use);
  leaf->parent->children.erase(leaf->tokens.front());
}

bool PrefixTree::forget_one() {
  if (by_use_.empty()) return false;
  remove(by_use_.back());
  return true;
}

bool PrefixTree::forget_one_moment() {
  const auto oldest =
      std::find_if(by_use_.rbegin(), by_use_.rend(), [](const Node* n) { return bool(n->moment); });
  if (oldest == by_use_.rend()) return false;
  (*oldest)->moment.reset();
  return true;
}

}  // namespace ridge
