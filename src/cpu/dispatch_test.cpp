#include "cpu/dispatch.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "cpu/cpu_backend.h"

namespace ridge::cpu {
namespace {

TEST(Dispatch, GenericComesFirstAndRunsEverywhere) {
  EXPECT_EQ(level_table().front().name, "generic");
  EXPECT_TRUE(level_table().front().supported());
}

TEST(Dispatch, EverySupportedLevelCanBeForcedAndOthersAreRefused) {
  for (const Level& level : levels()) {
    if (level.supported) {
      EXPECT_EQ(choose_kernels(level.name).level, level.name);
    } else {
      EXPECT_THROW(choose_kernels(level.name), Error) << level.name;
    }
  }
}

TEST(Dispatch, TheBestSupportedLevelIsTheDefault) {
  std::string_view best;
  for (const Level& level : levels()) {
    if (level.supported) best = level.name;
  }
  EXPECT_EQ(choose_kernels("").level, best);
}

TEST(Dispatch, AnUnknownLevelIsRefusedWithTheKnownOnes) {
  try {
    choose_kernels("avx9");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(error.what()).find("avx9"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("generic, "), std::string::npos);
  }
}

TEST(Dispatch, EveryLevelFillsEveryTypeAndForm) {
  for (const Level& level : levels()) {
    if (!level.supported) continue;
    const MatmulKernels& matmul = choose_kernels(level.name).table.matmul;
    for (const MatmulFormat& format : matmul.formats) EXPECT_GE(format.group_rows, 1);
    for (const auto quantize : matmul.quantize) EXPECT_NE(quantize, nullptr);
    EXPECT_NE(matmul.formats[int(DType::kF32)].multiply, nullptr);
  }
}

TEST(CpuBackend, SaysWhatItRunsOn) {
  const auto backend = make_backend({.n_threads = 1, .isa = "generic"});
  EXPECT_EQ(backend->description(), "cpu generic, 1 thread");
}

}  // namespace
}  // namespace ridge::cpu
