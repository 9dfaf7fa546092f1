#include "hub/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/ascii.h"

namespace ridge::hub {
namespace {

struct Block {
  uint32_t prefix;  // host byte order
  int bits;
};

// IANA's special-purpose registry (RFC 6890), without the documentation ranges.
constexpr std::array<Block, 10> kPrivateV4{{
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared by carriers
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarking
    {0xe0000000, 3},   // multicast, reserved, broadcast
}};

bool is_private_v4(uint32_t address) {
  return std::any_of(kPrivateV4.begin(), kPrivateV4.end(), [address](const Block& block) {
    return ((address ^ block.prefix) >> (32 - block.bits)) == 0;
  });
}

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t(bytes[0]) << 24 | uint32_t(bytes[1]) << 16 | uint32_t(bytes[2]) << 8 | bytes[3];
}

bool starts_with(const in6_addr& address, std::initializer_list<uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.s6_addr);
}

bool is_private_v6(const in6_addr& address) {
  const uint8_t* bytes = address.s6_addr;
  constexpr auto kZero = uint8_t(0);
  const bool mapped = starts_with(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
  const bool nat64 = starts_with(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
  const bool low = std::all_of(bytes, bytes + 12, [](uint8_t b) { return b == kZero; });
  if (low) return true;  // ::, ::1 and the retired IPv4-compatible form
  if (mapped || nat64) return is_private_v4(big_endian(bytes + 12));
  if (starts_with(address, {0x20, 0x02})) return is_private_v4(big_endian(bytes + 2));  // 6to4
  const bool unique_local = (bytes[0] & 0xfe) == 0xfc;
  const bool link_or_site_local = bytes[0] == 0xfe && (bytes[1] & 0x80) != 0;
  const bool multicast = bytes[0] == 0xff;
  return unique_local || link_or_site_local || multicast;
}

}  // namespace

bool is_private_address(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return is_private_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return is_private_v6(v6.sin6_addr);
  }
  return true;  // a Unix socket, or something newer than this list
}

bool is_private_host(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  std::string name = ascii_lower(host.substr(0, host.find('%')));  // fe80::1%eth0
  while (!name.empty() && name.back() == '.') name.pop_back();

  in_addr v4;
  if (inet_pton(AF_INET, name.c_str(), &v4) == 1) return is_private_v4(ntohl(v4.s_addr));
  in6_addr v6;
  if (inet_pton(AF_INET6, name.c_str(), &v6) == 1) return is_private_v6(v6);
  constexpr std::string_view kLocal = "localhost";
  return name == kLocal || name.ends_with(".localhost");
}

}  // namespace ridge::hub
