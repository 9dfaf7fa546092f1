#include "base/memory_limit.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/temp_folder.h"

namespace ridge {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(MemoryLimit, IsWhatTheMachineCanGiveWhereNobodyElseLimits) {
  const testing::TempFolder root;
  put(root / "proc/meminfo", "MemTotal:  2000 kB\nMemFree:  10 kB\nMemAvailable:    1500 kB\n");
  const MemoryLimit limit = memory_limit(root / "");
  EXPECT_EQ(limit.n_bytes, 1500 * 1024);
  EXPECT_EQ(limit.by, "the machine");
}

TEST(MemoryLimit, OfAControlGroupCountsCachedFilesAsFree) {
  const testing::TempFolder root;
  put(root / "proc/meminfo", "MemAvailable: 1500 kB\n");
  put(root / "proc/self/cgroup", "0::/a/b\n");
  put(root / "sys/fs/cgroup/a/b/memory.max", "max\n");  // no number: no limit
  put(root / "sys/fs/cgroup/a/b/memory.current", "500000\n");
  put(root / "sys/fs/cgroup/a/memory.max", "1000000\n");
  put(root / "sys/fs/cgroup/a/memory.current", "900000\n");
  put(root / "sys/fs/cgroup/a/memory.stat", "anon 5\nactive_file 100000\ninactive_file 50000\n");
  const MemoryLimit limit = memory_limit(root / "");
  EXPECT_EQ(limit.n_bytes, 1000000 - (900000 - 150000));
  EXPECT_EQ(limit.by, "the control group /a");
}

TEST(MemoryLimit, OfAVersion1GroupIsThatOfItsRootInAContainer) {
  const testing::TempFolder root;
  put(root / "proc/meminfo", "MemAvailable: 1500 kB\n");
  put(root / "proc/self/cgroup", "5:devices:/x\n4:cpu,memory:/docker/1\n");
  put(root / "sys/fs/cgroup/memory/memory.limit_in_bytes", "700000\n");
  put(root / "sys/fs/cgroup/memory/memory.usage_in_bytes", "800000\n");
  put(root / "sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 300000\n");
  EXPECT_EQ(memory_limit(root / "").n_bytes, 700000 - 500000);
}

TEST(MemoryLimit, OfAGroupThatIsFullIsNothing) {
  const testing::TempFolder root;
  put(root / "proc/self/cgroup", "0::/\n");
  put(root / "sys/fs/cgroup/memory.max", "1000\n");
  put(root / "sys/fs/cgroup/memory.current", "5000\n");
  EXPECT_EQ(memory_limit(root / "").n_bytes, 0);
}

TEST(MemoryLimit, OfThisMachineIsAPositiveNumber) {
  EXPECT_GT(memory_limit().n_bytes, 0);
}

}  // namespace
}  // namespace ridge
