// Incremental SHA-256 (libcrypto's). One thread at a time; throws nothing but std::bad_alloc.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ridge::hub {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::span<const std::byte> bytes);
  std::string hex();  // 64 lower-case digits; the object is spent afterwards

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 64 hexadecimal digits and nothing else: a digest from the network is foreign text.
bool is_sha256(std::string_view text);

}  // namespace ridge::hub
