#include "gguf/split.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/quote.h"
#include "gguf/limits.h"

namespace ridge::gguf {
namespace {

struct PartName {
  std::string prefix;
  uint32_t number = 0;  // from 1
  uint32_t count = 0;
};

std::string five_digits(uint32_t n) {
  const std::string digits = cat(n);
  return std::string(5 - std::min<size_t>(5, digits.size()), '0') + digits;
}

std::optional<uint32_t> parse_five_digits(std::string_view text) {
  uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + uint32_t(c - '0');
  }
  return value;
}

std::optional<PartName> parse_part_name(std::string_view file_name) {
  constexpr std::string_view kPattern = "-00000-of-00000.gguf";
  if (file_name.size() <= kPattern.size()) return std::nullopt;
  const auto tail = file_name.substr(file_name.size() - kPattern.size());
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-" || tail.substr(15) != ".gguf") {
    return std::nullopt;
  }
  const auto number = parse_five_digits(tail.substr(1, 5));
  const auto count = parse_five_digits(tail.substr(10, 5));
  if (!number || !count) return std::nullopt;
  return PartName{std::string(file_name.substr(0, file_name.size() - kPattern.size())), *number,
                  *count};
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

std::string part_name(const std::string& prefix, uint32_t index, uint32_t n_parts) {
  return cat(prefix, "-", five_digits(index + 1), "-of-", five_digits(n_parts), ".gguf");
}

std::optional<Split> split_of(const std::filesystem::path& path, const Metadata& metadata) {
  const uint64_t count = metadata.get_uint("split.count").value_or(1);
  if (count == 0)
    fail(ErrorCode::kInvalidFile, path.string(), ": split.count is 0, wanted 1 or more");
  const auto named = parse_part_name(path.filename().string());
  if (count == 1) {
    if (named && named->count > 1) {
      fail(ErrorCode::kInvalidFile, path.string(), " is named part ", named->number, " of ",
           named->count, ", but its metadata has no split.count; rename it if it stands alone");
    }
    return std::nullopt;
  }
  if (count > kMaxParts) {
    fail(ErrorCode::kUnsupported, path.string(), ": split.count is ", count, ", at most ",
         kMaxParts, " parts are supported");
  }
  const uint64_t index = metadata.require_uint("split.no");
  if (index >= count) {
    fail(ErrorCode::kInvalidFile, path.string(), ": split.no is ", index, ", wanted less than ",
         "split.count, which is ", count);
  }
  if (!named || named->number != index + 1 || named->count != count) {
    fail(ErrorCode::kInvalidFile, path.string(), " is part ", index + 1, " of ", count,
         " by its metadata; its name must end in ",
         in_quotes(part_name("", uint32_t(index), uint32_t(count))),
         " so that the others are found");
  }
  return Split{named->prefix, uint32_t(count), metadata.require_uint("split.tensors.count")};
}

std::filesystem::path sibling_part(const std::filesystem::path& path, const Split& split,
                                   uint32_t index) {
  namespace fs = std::filesystem;
  const fs::path part = folder_of(path) / part_name(split.prefix, index, split.n_parts);
  std::error_code error;
  const fs::path real = fs::canonical(part, error);
  if (error) {
    fail(ErrorCode::kNotFound, "part ", index + 1, " of ", split.n_parts,
         " is missing: ", part.string(), ": ", error.message());
  }
  const fs::path by_name = fs::canonical(folder_of(path), error);
  const fs::path by_link = fs::canonical(path, error).parent_path();
  if (real.parent_path() != by_name && real.parent_path() != by_link) {
    fail(ErrorCode::kInvalidFile, part.string(), " is a link to ", real.string(),
         ", outside the folder of the set; a part must lie beside the others");
  }
  return part;
}

void check_part(const std::filesystem::path& path, const Metadata& metadata, const Split& split,
                uint32_t index) {
  const auto check = [&](std::string_view key, uint64_t wanted) {
    const uint64_t found = metadata.require_uint(key);
    if (found == wanted) return;
    fail(ErrorCode::kInvalidFile, path.string(), ": ", key, " is ", found, ", wanted ", wanted,
         " for part ", index + 1, " of ", split.n_parts);
  };
  check("split.no", index);
  check("split.count", split.n_parts);
  check("split.tensors.count", split.n_tensors);
}

void check_total(const std::filesystem::path& path, const Split& split, uint64_t n_tensors) {
  if (n_tensors == split.n_tensors) return;
  fail(ErrorCode::kInvalidFile, path.string(), ": the ", split.n_parts, " parts hold ", n_tensors,
       " tensors, wanted split.tensors.count, which is ", split.n_tensors);
}

}  // namespace ridge::gguf
