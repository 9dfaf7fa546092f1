#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>

#include "tests/kernels/bench.h"
#include "tests/kernels/machine.h"

int main(int argc, char** argv) {
  for (const std::string& name : ridge::cpu::testing::levels_not_run()) {
    std::printf("%s: built, not run here\n", name.c_str());
  }
  if (argc > 2 && std::string_view(argv[1]) == "--bench" &&
      std::string_view(argv[2]) == "attention") {
    return ridge::cpu::testing::run_attention_bench({argv + 3, argv + argc});
  }
  if (argc > 2 && std::string_view(argv[1]) == "--bench" &&
      std::string_view(argv[2]) == "recurrent") {
    return ridge::cpu::testing::run_recurrent_bench({argv + 3, argv + argc});
  }
  if (argc > 1 && std::string_view(argv[1]) == "--bench") {
    return ridge::cpu::testing::run_bench({argv + 2, argv + argc});
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
