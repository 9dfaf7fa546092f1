// Compiled with AVX: must die where the baseline tests run, or their passing proves nothing.
#include <cstdio>

int main(int argc, char**) {
  volatile float values[8] = {};
  for (int i = 0; i < 8; ++i) values[i] = float(argc + i);
  __asm__ volatile("vxorps %%ymm0, %%ymm0, %%ymm0" ::: "xmm0");
  std::puts("AVX works here");
  return values[0] > 100.0f;
}
