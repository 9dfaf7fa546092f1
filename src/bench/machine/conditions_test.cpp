#include "bench/machine/conditions.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#include "bench/exclusive.h"
#include "bench/machine/files.h"
#include "bench/machine/machine.h"
#include "bench/machine/processes.h"
#include "support/temp_folder.h"

namespace ridge {
namespace {

using testing::TempFolder;

// A tree that looks like /proc and /sys.
class FakeSystem : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  Conditions read() { return read_conditions(std::chrono::milliseconds(1), root_.path()); }
  static std::string all(const std::vector<std::string>& sentences) {
    std::string text;
    for (const std::string& s : sentences) text += s + "\n";
    return text;
  }

  TempFolder root_;
};

Conditions quiet() {
  return {.n_cores = 4, .available_bytes = 8'000'000'000, .huge_pages = "always"};
}

TEST(CpuTimes, CountsWorkAndStealApart) {
  const CpuTimes t = parse_cpu_times("cpu  100 50 30 9000 7 2 8 40 5 1\ncpu0 1 1 1\n", 100);
  EXPECT_DOUBLE_EQ(t.busy, 1.9) << "user, nice, system, irq, softirq; not idle, wait or guests";
  EXPECT_DOUBLE_EQ(t.stolen, 0.4);
  EXPECT_EQ(parse_cpu_times("", 100).busy, 0);
  EXPECT_EQ(parse_cpu_times("nonsense", 100).busy, 0);
}

TEST(Processes, NamesMayHoldAnything) {
  const auto p = parse_process("42 (a ) b (c) R 1 2 3 4 5 6 7 8 9 10 700 80 0 0 20");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->name, "a ) b (c");
  EXPECT_DOUBLE_EQ(p->ticks, 780);
  for (const char* bad : {"", "42", "42 (x", "42 (x) R 1 2", ")("})
    EXPECT_FALSE(parse_process(bad));
}

TEST(SystemFiles, FieldsAreFoundByTheirWholeName) {
  EXPECT_EQ(field("MemTotal:  12 kB\nMem: 7\n", "Mem"), "7");
  EXPECT_EQ(field("model name\t: A B\n", "model name"), "A B");
  EXPECT_FALSE(field("a: 1\n", "b"));
  EXPECT_EQ(first_number("-3 x"), -3);
  EXPECT_FALSE(first_number("none"));
}

TEST(Problems, AQuietMachineHasNone) {
  EXPECT_TRUE(problems(quiet(), {.n_threads = 4, .memory_bytes = 1'000'000'000}).empty());
}

TEST(Problems, EachIsNamed) {
  struct Case {
    const char* says;
    void (*spoil)(Conditions&);
  };
  const Case cases[] = {
      {"other processes take 0.90 of 4 cores: cc1plus (pid 7) 0.88",
       [](Conditions& c) {
         c.activity.others = 0.9;
         c.busy = {{7, "cc1plus", 0.88}};
       }},
      {"steal time", [](Conditions& c) { c.activity.stolen = 0.1; }},
      {"load of the last minute was 3.0", [](Conditions& c) { c.load = 3; }},
      {"2.0 GB of swap", [](Conditions& c) { c.swap_used_bytes = 2'000'000'000; }},
      {"the system will swap", [](Conditions& c) { c.available_bytes = 500'000'000; }},
      {"'powersave'", [](Conditions& c) { c.governors = {"powersave"}; }},
      {"battery", [](Conditions& c) { c.on_battery = true; }},
      {"control group allows 1.50 cores", [](Conditions& c) { c.quota_cores = 1.5; }},
      {"niceness 5", [](Conditions& c) { c.niceness = 5; }},
      {"95 °C", [](Conditions& c) { c.activity.celsius = 95; }},
      {"huge pages", [](Conditions& c) { c.huge_pages = "never"; }},
      {"threads share 2 cores", [](Conditions& c) { c.n_cores = 2; }},
  };
  for (const Case& spoiled : cases) {
    Conditions c = quiet();
    spoiled.spoil(c);
    const auto found = problems(c, {.n_threads = 4, .memory_bytes = 1'000'000'000});
    ASSERT_EQ(found.size(), 1u) << spoiled.says;
    EXPECT_NE(found[0].find(spoiled.says), std::string::npos) << found[0];
  }
}

TEST_F(FakeSystem, ConditionsAreReadFromTheSystemsFiles) {
  put("proc/loadavg", "2.50 1.00 0.50 3/200 1234");
  put("proc/meminfo",
      "MemTotal: 1000 kB\nMemAvailable: 600 kB\nSwapTotal: 500 kB\nSwapFree: 100 kB");
  put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  put("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
  put("sys/class/power_supply/BAT0/type", "Battery");
  put("sys/class/power_supply/BAT0/status", "Discharging");
  put("sys/fs/cgroup/cpu.max", "150000 100000");
  put("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]");
  put("sys/class/thermal/thermal_zone0/temp", "48500");
  put("sys/class/hwmon/hwmon0/temp1_input", "91000");
  put("proc/cpuinfo", "cpu MHz\t\t: 2000.0\n\ncpu MHz\t\t: 3000.0\n");
  const Conditions c = read();
  EXPECT_DOUBLE_EQ(c.load, 2.5);
  EXPECT_EQ(c.available_bytes, 600 * 1024);
  EXPECT_EQ(c.swap_used_bytes, 400 * 1024);
  EXPECT_EQ(c.governors, std::vector<std::string>{"powersave"});
  EXPECT_TRUE(c.on_battery);
  EXPECT_DOUBLE_EQ(c.quota_cores, 1.5);
  EXPECT_EQ(c.huge_pages, "never");
  EXPECT_DOUBLE_EQ(c.activity.celsius, 91);
  EXPECT_DOUBLE_EQ(c.activity.mhz, 2500);
}

TEST_F(FakeSystem, ASystemThatTellsNothingIsNoProblem) {
  EXPECT_TRUE(problems(read(), {}).empty() || ::getpriority(PRIO_PROCESS, 0) > 0)
      << all(problems(read(), {}));
}

TEST_F(FakeSystem, AMouseOnBatteryIsNoProblem) {
  put("sys/class/power_supply/mouse/type", "Battery");
  put("sys/class/power_supply/mouse/scope", "Device");
  put("sys/class/power_supply/mouse/status", "Discharging");
  EXPECT_FALSE(read().on_battery);
}

TEST_F(FakeSystem, AMachineIsTheSameUntilItsShapeChanges) {
  put("etc/machine-id", "abc");
  put("proc/cpuinfo", "model name : Fast CPU\nflags : fpu hypervisor sse\n");
  put("proc/meminfo", "MemTotal: 16000000 kB\n");
  const Machine first = describe_machine(root_.path());
  EXPECT_EQ(first.cpu, "Fast CPU");
  EXPECT_TRUE(first.is_virtual);
  EXPECT_EQ(first.memory_bytes, int64_t{16000000} * 1024);
  EXPECT_EQ(first.identity.size(), 16u);
  put("proc/meminfo", "MemTotal: 15999000 kB\n");  // a kernel of another size
  EXPECT_EQ(describe_machine(root_.path()).identity, first.identity);
  put("proc/meminfo", "MemTotal: 32000000 kB\n");
  EXPECT_NE(describe_machine(root_.path()).identity, first.identity);
  put("proc/meminfo", "MemTotal: 16000000 kB\n");
  put("etc/machine-id", "def");
  EXPECT_NE(describe_machine(root_.path()).identity, first.identity);
}

TEST(ActivityWatch, OurOwnWorkIsNotOthers) {
  const ActivityWatch watch;
  const Activity activity = watch.stop();
  EXPECT_GE(activity.others, 0);
  EXPECT_GE(activity.stolen, 0);
}

TEST(ExclusiveRun, IsHeldByOneAtATime) {
  const TempFolder folder;
  const auto lock = folder / "bench.lock";
  auto first = ExclusiveRun::try_take(lock);
  ASSERT_TRUE(first);
  EXPECT_EQ(ExclusiveRun::holder(lock), ::getpid());
  EXPECT_FALSE(ExclusiveRun::try_take(lock));
  first.reset();
  EXPECT_TRUE(ExclusiveRun::try_take(lock));
}

}  // namespace
}  // namespace ridge
