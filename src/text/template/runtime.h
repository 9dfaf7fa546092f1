// What one render may still spend, and what it knows of the world. Every evaluator, filter and
// method takes it first and pays for its work, which bounds time and memory: a step is one node
// evaluated, one item visited or 64 bytes of text touched. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "text/template/limits.h"

namespace ridge::text {

// Something mutable that may come to refer to itself (a namespace, a scope that a macro closed
// over): kept to the end of the render and emptied then, so that no cycle and no long chain
// survives.
class Kept {
 public:
  virtual ~Kept() = default;
  virtual void release() = 0;
};

class Runtime {
 public:
  Runtime(const TemplateLimits& limits, std::function<std::tm()> clock)
      : limits_(limits), steps_left_(limits.max_steps), clock_(std::move(clock)) {}
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime() {
    for (const auto& kept : kept_) kept->release();
  }

  void step(int64_t n = 1) {
    steps_left_ -= n;
    if (steps_left_ < 0) fail_steps();
  }
  void step_bytes(size_t n) { step(int64_t(n / 64) + 1); }
  // A string has grown to this many bytes.
  void check_size(size_t n) const {
    if (n > size_t(limits_.max_output)) fail_output();
  }
  // A string of this many bytes is about to be made.
  void make_bytes(size_t n) {
    check_size(n);
    step_bytes(n);
  }

  const TemplateLimits& limits() const { return limits_; }
  std::tm now() const { return clock_(); }
  void keep(std::shared_ptr<Kept> kept) { kept_.push_back(std::move(kept)); }

  // Held while a macro or a recursive loop runs.
  class Call {
   public:
    explicit Call(Runtime& rt) : rt_(rt) {
      if (rt.calls_ >= rt.limits_.max_depth) rt.fail_depth();
      ++rt.calls_;
    }
    ~Call() { --rt_.calls_; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Runtime& rt_;
  };

  // Held while a node is evaluated.
  class Level {
   public:
    explicit Level(Runtime& rt) : rt_(rt) {
      if (rt.levels_ >= rt.limits_.max_depth * kLevelsPerDepth) rt.fail_depth();
      ++rt.levels_;
    }
    ~Level() { --rt_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Runtime& rt_;
  };

 private:
  // A macro call passes through about this many nested nodes.
  static constexpr int kLevelsPerDepth = 5;

  [[noreturn]] void fail_depth() const;
  [[noreturn]] void fail_steps() const;
  [[noreturn]] void fail_output() const;

  TemplateLimits limits_;
  int64_t steps_left_;
  int levels_ = 0;
  int calls_ = 0;
  std::function<std::tm()> clock_;
  std::vector<std::shared_ptr<Kept>> kept_;
};

}  // namespace ridge::text
