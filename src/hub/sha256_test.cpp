#include "hub/sha256.h"

#include <gtest/gtest.h>

namespace ridge::hub {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// FIPS 180-4, examples B.1 and B.3.
TEST(Sha256, GivesTheDigestsOfTheStandard) {
  Sha256 abc;
  abc.update(bytes_of("a"));
  abc.update(bytes_of("bc"));
  EXPECT_EQ(abc.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

  Sha256 million;
  for (int i = 0; i < 1000; ++i) million.update(bytes_of(std::string(1000, 'a')));
  EXPECT_EQ(million.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OnlySixtyFourHexDigitsAreADigest) {
  EXPECT_TRUE(is_sha256(std::string(64, 'a')));
  EXPECT_TRUE(is_sha256(std::string(64, 'F')));
  EXPECT_FALSE(is_sha256(std::string(63, 'a')));
  EXPECT_FALSE(is_sha256(std::string(65, 'a')));
  EXPECT_FALSE(is_sha256("../../" + std::string(58, 'a')));
  EXPECT_FALSE(is_sha256(std::string(63, 'a') + "g"));
}

}  // namespace
}  // namespace ridge::hub
