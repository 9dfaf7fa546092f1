#include "kv/segment_file.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/file_reader.h"

namespace ridge::kv {
namespace {

constexpr std::array<char, 8> kMagic = {'R', 'I', 'D', 'G', 'E', 'K', 'V', '1'};
constexpr uint64_t kMaxKey = 1 << 16;
constexpr uint64_t kMaxTokens = uint64_t{1} << 30;
constexpr size_t kLanes = 4;

struct Header {
  std::array<char, 8> magic = kMagic;
  uint64_t n_key = 0;     // bytes
  uint64_t n_tokens = 0;  // of 4 bytes
  uint64_t begin = 0;
  uint64_t n_rows = 0;    // bytes
  uint64_t n_moment = 0;  // bytes
  uint64_t head_sum = 0;  // of key and tokens
  uint64_t body_sum = 0;  // of rows and moment
};

// State and word are treated apart, so that a change in one cannot pass for a change in the other.
uint64_t mix(uint64_t h, uint64_t word) {
  h = (h * 0xff51afd7ed558ccdu ^ word) * 0x9e3779b97f4a7c15u;
  return h ^ (h >> 32);
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

struct Parts {
  Header header;
  SegmentHead head;
  uint64_t body_offset = 0;
};

[[noreturn]] void damaged(const std::filesystem::path& path, std::string_view why) {
  fail(ErrorCode::kInvalidFile, path.string(), " is no cached segment of this model: ", why);
}

Parts read_parts(const FileReader& file, std::string_view key) {
  Parts parts;
  Header& h = parts.header;
  if (file.size() < sizeof h) damaged(file.path(), "it is too short");
  file.read_at(0, std::as_writable_bytes(std::span(&h, 1)));
  if (h.magic != kMagic) damaged(file.path(), "it begins otherwise");
  if (h.n_key > kMaxKey || h.n_tokens > kMaxTokens || h.begin > h.n_tokens ||
      h.n_rows > file.size() || h.n_moment > file.size()) {
    damaged(file.path(), "its sizes are impossible");
  }
  parts.body_offset = sizeof h + h.n_key + 4 * h.n_tokens;
  if (file.size() != parts.body_offset + h.n_rows + h.n_moment) {
    damaged(file.path(), "its sizes do not add up");
  }
  std::vector<char> its_key(h.n_key);
  parts.head.tokens.resize(h.n_tokens);
  file.read_at(sizeof h, std::as_writable_bytes(std::span(its_key)));
  file.read_at(sizeof h + h.n_key, std::as_writable_bytes(std::span(parts.head.tokens)));
  if (std::string_view(its_key.data(), its_key.size()) != key) damaged(file.path(), "another key");
  if (checksum(bytes_of(parts.head.tokens), checksum(bytes_of(its_key))) != h.head_sum) {
    damaged(file.path(), "its tokens do not have their checksum");
  }
  parts.head.begin = int64_t(h.begin);
  parts.head.has_moment = h.n_moment > 0;
  return parts;
}

}  // namespace

// Lanes of multiplications that do not wait for each other.
uint64_t checksum(std::span<const std::byte> bytes, uint64_t seed) {
  std::array<uint64_t, kLanes> lanes;
  for (size_t i = 0; i < kLanes; ++i) lanes[i] = mix(seed + i, bytes.size());
  std::array<uint64_t, kLanes> words;
  for (; bytes.size() >= sizeof words; bytes = bytes.subspan(sizeof words)) {
    std::memcpy(words.data(), bytes.data(), sizeof words);
    for (size_t i = 0; i < kLanes; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  words.fill(0);
  std::ranges::copy(bytes, std::as_writable_bytes(std::span(words)).begin());
  uint64_t h = seed;
  for (size_t i = 0; i < kLanes; ++i) h = mix(mix(h, lanes[i]), words[i]);
  return h;
}

void write_segment(const std::filesystem::path& path, std::string_view key,
                   const Segment& segment) {
  const auto key_bytes = std::as_bytes(std::span(key));
  const Header header{
      .n_key = key.size(),
      .n_tokens = segment.tokens.size(),
      .begin = uint64_t(segment.begin),
      .n_rows = segment.rows.size(),
      .n_moment = segment.moment.size(),
      .head_sum = checksum(bytes_of(segment.tokens), checksum(key_bytes)),
      .body_sum = checksum(segment.moment, checksum(segment.rows)),
  };
  AtomicFile file(path);
  file.write(std::as_bytes(std::span(&header, 1)));
  file.write(key_bytes);
  file.write(bytes_of(segment.tokens));
  file.write(segment.rows);
  file.write(segment.moment);
  file.commit();
}

SegmentHead read_segment_head(const std::filesystem::path& path, std::string_view key) {
  return read_parts(FileReader::open(path), key).head;
}

void read_segment(const std::filesystem::path& path, std::string_view key, Segment& segment) {
  const FileReader file = FileReader::open(path);
  Parts parts = read_parts(file, key);
  segment.begin = parts.head.begin;
  segment.tokens = std::move(parts.head.tokens);
  segment.rows.resize(parts.header.n_rows);
  segment.moment.resize(parts.header.n_moment);
  file.read_at(parts.body_offset, segment.rows);
  file.read_at(parts.body_offset + parts.header.n_rows, segment.moment);
  if (checksum(segment.moment, checksum(segment.rows)) != parts.header.body_sum) {
    damaged(path, "its rows do not have their checksum");
  }
}

}  // namespace ridge::kv
