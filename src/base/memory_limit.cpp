#include "base/memory_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/strcat.h"

namespace ridge {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::optional<int64_t> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// Calls fn(line) for each line until it returns false.
template <class Fn>
void for_each_line(std::string_view text, const Fn& fn) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (!fn(text.substr(0, end))) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The number after `key` on the line that begins with it.
std::optional<int64_t> number_of(std::string_view text, std::string_view key) {
  std::optional<int64_t> number;
  for_each_line(text, [&](std::string_view line) {
    if (line.starts_with(key)) number = leading_number(line.substr(key.size()));
    return !number;
  });
  return number;
}

class Strictest {
 public:
  void add(int64_t limit, int64_t used, const std::string& by) {
    const int64_t left = std::max<int64_t>(0, limit - used);
    if (left < result.n_bytes) result = {.n_bytes = left, .by = by};
  }

  MemoryLimit result;
};

void add_machine(const fs::path& root, Strictest& strictest) {
  const auto kib = number_of(read_text(root / "proc/meminfo"), "MemAvailable:");
  if (kib) strictest.add(*kib * 1024, 0, "the machine");
}

// What a version of control groups calls its files.
struct GroupFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  // keys of memory.stat: cached pages of files, given back on demand
  const char* also_reclaimable;
};
constexpr GroupFiles kVersion1 = {"memory.limit_in_bytes", "memory.usage_in_bytes",
                                  "total_inactive_file ", "total_active_file "};
constexpr GroupFiles kVersion2 = {"memory.max", "memory.current", "inactive_file ", "active_file "};

// A group's limit holds for those below it: the file system is walked from `group` up to `mount`. A
// container sees its own group as the root, whatever /proc calls it.
void add_groups(const fs::path& mount, std::string_view group, const GroupFiles& files,
                Strictest& strictest) {
  fs::path below = fs::path(group).relative_path();
  for (;; below = below.parent_path()) {
    const fs::path folder = below.empty() ? mount : mount / below;
    const auto limit = leading_number(read_text(folder / files.limit));
    const auto usage = leading_number(read_text(folder / files.usage));
    if (limit && usage) {
      const std::string stat = read_text(folder / "memory.stat");
      const int64_t cached = number_of(stat, files.reclaimable).value_or(0) +
                             number_of(stat, files.also_reclaimable).value_or(0);
      strictest.add(*limit, *usage - std::min(cached, *usage),
                    cat("the control group /", below.string()));
    }
    if (below.empty()) return;
  }
}

// Lines are "0::/path" (version 2) or "4:memory:/path".
void add_control_groups(const fs::path& root, Strictest& strictest) {
  const fs::path mount = root / "sys/fs/cgroup";
  for_each_line(read_text(root / "proc/self/cgroup"), [&](std::string_view line) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string_view::npos) return true;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view group = line.substr(second + 1);
    if (controllers.empty()) add_groups(mount, group, kVersion2, strictest);
    if (cat(",", controllers, ",").find(",memory,") != std::string::npos) {
      add_groups(mount / "memory", group, kVersion1, strictest);
    }
    return true;
  });
}

void add_own_limits(const fs::path& root, Strictest& strictest) {
  struct Own {
    decltype(RLIMIT_AS) resource;
    const char* used;  // key of /proc/self/status, in kB
    const char* by;
  };
  constexpr Own kOwn[] = {{RLIMIT_AS, "VmSize:", "ulimit -v"},
                          {RLIMIT_DATA, "VmData:", "ulimit -d"}};
  const std::string status = read_text(root / "proc/self/status");
  for (const Own& own : kOwn) {
    rlimit limit{};
    const bool is_set = ::getrlimit(own.resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    if (!is_set) continue;
    const int64_t used = number_of(status, own.used).value_or(0) * 1024;
    strictest.add(int64_t(std::min<rlim_t>(limit.rlim_cur, MemoryLimit::kUnlimited)), used, own.by);
  }
}

}  // namespace

MemoryLimit memory_limit(const fs::path& root) {
  Strictest strictest;
  add_machine(root, strictest);
  add_control_groups(root, strictest);
  add_own_limits(root, strictest);
  return strictest.result;
}

}  // namespace ridge
