// Constraint: what an answer may say, token by token. A grammar is one. The sampler of a request
// asks it before each draw and tells it what was drawn; what it forbids is never said. One thread
// at a time; one object a request.
#pragma once

#include <cstdint>
#include <span>

namespace ridge {

class Constraint {
 public:
  virtual ~Constraint() = default;
  // Which tokens may come next: bit t % 32 of bits[t / 32] stands for token t. False: all may, and
  // nothing was written. Where an answer may end, its ending tokens are among them.
  virtual bool allowed(std::span<uint32_t> bits) = 0;
  // The token was drawn. It was allowed.
  virtual void accept(int32_t token) = 0;
  // Takes back the last n that were accepted; n is at most kMostTakenBack.
  static constexpr int kMostTakenBack = 16;
  virtual void take_back(int n) = 0;
};

// In what Constraint::allowed() wrote.
inline void forbid(std::span<uint32_t> bits, int32_t token) {
  bits[size_t(token) / 32] &= ~(uint32_t{1} << (token % 32));
}

}  // namespace ridge
