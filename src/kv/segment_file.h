// A segment of a conversation's cache as a file: rows [begin, end) and perhaps the moment at `end`,
// with all the tokens up to there and the key of what wrote them, so that it is never taken for
// anything else. Written whole or not at all; a checksum guards the bytes. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "kv/hold.h"

namespace ridge::kv {

struct Segment {
  int64_t begin = 0;
  std::vector<int32_t> tokens;  // from the first of the conversation to `end`
  std::vector<std::byte> rows;
  std::vector<std::byte> moment;  // empty: none

  int64_t end() const { return int64_t(tokens.size()); }
};

// What a file says of itself before its rows.
struct SegmentHead {
  int64_t begin = 0;
  std::vector<int32_t> tokens;
  bool has_moment = false;
};

// Throws Error{kIo}, as when the disk is full.
void write_segment(const std::filesystem::path& path, std::string_view key, const Segment& segment);
// Throw Error: kInvalidFile where it is damaged or another key's; kNotFound; kIo.
SegmentHead read_segment_head(const std::filesystem::path& path, std::string_view key);
// Memory that `segment` has is used again: fresh pages cost more than reading them.
void read_segment(const std::filesystem::path& path, std::string_view key, Segment& segment);

// 64 bits of what lies in these bytes; the same on every machine of the same byte order.
uint64_t checksum(std::span<const std::byte> bytes, uint64_t seed = 0);

}  // namespace ridge::kv
