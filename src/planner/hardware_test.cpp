#include "planner/hardware.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "planner/data.h"
#include "planner/names.h"

namespace ridge::planner {
namespace {

const std::vector<Hardware>& catalogue() {
  static const std::vector<Hardware> hardware = parse_hardware(builtin_hardware());
  return hardware;
}

std::string problem(std::string_view name) {
  try {
    find_machine(catalogue(), name);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    return e.what();
  }
  return "";
}

TEST(Hardware, NamesAndAliasesAreUniqueAndFoundAsTyped) {
  std::set<std::string> keys;
  for (const Hardware& hardware : catalogue()) {
    EXPECT_TRUE(keys.insert(name_key(hardware.name)).second) << hardware.name;
    EXPECT_EQ(find_machine(catalogue(), hardware.name).hardware.name, hardware.name);
    for (const std::string& alias : hardware.aliases) {
      EXPECT_TRUE(keys.insert(name_key(alias)).second) << alias;
      EXPECT_EQ(find_machine(catalogue(), alias).hardware.name, hardware.name) << alias;
    }
  }
}

// Published peaks bound what prompts reach: nothing runs above twice the FP16 rate, which is what
// int8 units give.
TEST(Hardware, EveryEntryIsPlausible) {
  for (const Hardware& hardware : catalogue()) {
    SCOPED_TRACE(hardware.name);
    EXPECT_GT(hardware.bandwidth, 40e9);
    EXPECT_LT(hardware.bandwidth, 10e12);
    EXPECT_GT(hardware.usable_flops(), 0.5e12);
    if (hardware.fp16_flops > 0) {
      EXPECT_LT(hardware.prefill_flops, 2 * hardware.fp16_flops);
    }
    EXPECT_LE(hardware.watts_idle, hardware.watts_load);
    EXPECT_FALSE(hardware.source.empty());
    EXPECT_EQ(hardware.date.size(), 10u);
  }
}

TEST(Hardware, MemoryAndDevicesCanBeSaid) {
  const struct {
    const char* typed;
    const char* name;
    int64_t memory_gb;
    int n_devices;
  } kCases[] = {
      {"Apple M4 Max 128GB", "Apple M4 Max 40c", 128, 1},
      {"M4 Max (40) 64 GB", "Apple M4 Max 40c", 64, 1},
      {"apple m3 ultra 80c 512gb", "Apple M3 Ultra 80c", 512, 1},
      {"Apple M4 Pro mini 48GB", "Apple M4 Pro 20c", 48, 1},
      {"4x DGX Spark", "DGX Spark GB10 128GB", 128, 4},
      {"2x RTX 4090", "RTX 4090 24GB", 24, 2},
      {"RTX 3090", "RTX 3090 24GB", 24, 1},
      {"2x EPYC 9334, 24x DDR5-4800 (CPU)", "2x EPYC 9334, 24x DDR5-4800 (CPU)", 1536, 1},
  };
  for (const auto& c : kCases) {
    const Machine machine = find_machine(catalogue(), c.typed);
    EXPECT_EQ(machine.hardware.name, c.name) << c.typed;
    EXPECT_EQ(machine.memory_gb, c.memory_gb) << c.typed;
    EXPECT_EQ(machine.n_devices, c.n_devices) << c.typed;
  }
}

TEST(Hardware, WrongNamesBringTheNearest) {
  EXPECT_NE(problem("RTX 4900").find("RTX 4090"), std::string::npos);
  EXPECT_NE(problem("Apple M4 Ultra").find("Apple M4"), std::string::npos);
  EXPECT_NE(problem("M4 Max 96GB").find("48, 64, 128"), std::string::npos);
  EXPECT_NE(problem(""), "");
  EXPECT_NE(problem("0x RTX 4090"), "");
}

// recommendedMaxWorkingSetSize as Metal reports it (MB of 10^6 bytes), and what macOS before 26
// gave: two thirds up to 36 GB, three quarters above.
TEST(Hardware, WhatMacsLetTheGpuHold) {
  const struct {
    const char* machine;
    double new_mb, old_mb;
  } kCases[] = {{"Apple M1 16GB", 12713.12, 11453.25},
                {"Apple M4 Max 48GB", 40200.90, 0.75 * 48 * 1073.741824},
                {"Apple M4 Max 64GB", 55662.79, 48 * 1073.741824},
                {"Apple M4 Max 128GB", 115448.73, 96 * 1073.741824},
                {"Apple M2 Ultra 192GB", 0, 144 * 1073.741824},
                {"Apple M3 Ultra 512GB", 0, 384 * 1073.741824}};
  for (const auto& c : kCases) {
    const Machine machine = find_machine(catalogue(), c.machine);
    if (c.new_mb > 0) {
      EXPECT_NEAR(double(device_limit(machine).bytes) / 1e6, c.new_mb, 0.02) << c.machine;
    }
    const auto old_limit = double(device_limit(machine, MacOs::kOlder).bytes);
    EXPECT_NEAR(old_limit / 1e6, c.old_mb, 0.0001 * c.old_mb) << c.machine;
  }
}

TEST(Hardware, OtherDevicesKeepWhatTheirDriversTake) {
  const auto limit = [](const char* name) {
    return double(device_limit(find_machine(catalogue(), name)).bytes);
  };
  EXPECT_NEAR(limit("DGX Spark") / (1 << 30), 119.7, 0.05);  // 122,570 MiB
  EXPECT_NEAR(limit("RTX 4090"), 24 * double(1 << 30) - 0.8e9, 1e6);
  EXPECT_EQ(limit("Strix Halo"), 120 * double(1 << 30));
  EXPECT_EQ(limit("DDR5-5600 x2 32GB"), 28 * double(1 << 30));
}

TEST(Hardware, ACatalogueThatIsWrongIsRefusedByPlace) {
  const auto refused = [](std::string_view json) -> std::string {
    try {
      parse_hardware(json);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(refused("[").find("JSON"), std::string::npos);
  EXPECT_NE(refused(R"({"schema": 2, "hardware": []})").find("schema 2"), std::string::npos);
  EXPECT_NE(refused(R"({"schema": 1, "hardware": [{"name": "x"}]})").find("hardware[0]"),
            std::string::npos);
  EXPECT_NE(
      refused(R"({"schema": 1, "hardware": [{"name": "x", "family": "abacus"}]})").find("abacus"),
      std::string::npos);
}

}  // namespace
}  // namespace ridge::planner
