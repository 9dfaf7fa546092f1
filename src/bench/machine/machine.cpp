#include "bench/machine/machine.h"

#include <cmath>
#include <cstdio>
#include <string_view>

#include "base/strcat.h"
#include "base/thread_pool.h"
#include "bench/machine/files.h"

namespace ridge {
namespace {

// FNV-1a (G. Fowler, L. Noll, K.-P. Vo), 64 bits: to tell machines apart, no secret.
std::string digest(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : text) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

std::string cpu_name(std::string_view cpuinfo) {
  for (const char* key : {"model name", "Model", "Hardware"}) {
    if (const auto name = field(cpuinfo, key)) return *name;
  }
  return "";
}

bool has_hypervisor(std::string_view cpuinfo) {
  const std::string flags = cat(" ", field(cpuinfo, "flags").value_or(""), " ");
  return flags.find(" hypervisor ") != std::string::npos;
}

}  // namespace

std::string Machine::summary() const {
  char memory[32];
  std::snprintf(memory, sizeof memory, "%.0f GB", double(memory_bytes) / 1e9);
  return cat(cpu.empty() ? "unknown CPU" : cpu, ", ", n_cores,
             n_cores == 1 ? " core, " : " cores, ", memory, is_virtual ? ", virtual" : "");
}

Machine describe_machine(const std::filesystem::path& root) {
  const std::string cpuinfo = read_text(root / "proc/cpuinfo");
  const auto total_kib =
      first_number(field(read_text(root / "proc/meminfo"), "MemTotal").value_or(""));
  Machine machine{.cpu = cpu_name(cpuinfo),
                  .n_cores = available_cores(),
                  .memory_bytes = int64_t(total_kib.value_or(0)) * 1024,
                  .kernel = cat(read_text(root / "proc/sys/kernel/ostype"), " ",
                                read_text(root / "proc/sys/kernel/osrelease")),
                  .is_virtual = has_hypervisor(cpuinfo)};
  // Whole GiB: the kernel's own share of memory changes with its version.
  const auto memory_gib = std::llround(double(machine.memory_bytes) / (1 << 30));
  machine.identity = digest(cat(read_text(root / "etc/machine-id"), "|", machine.cpu, "|",
                                machine.n_cores, "|", memory_gib));
  return machine;
}

}  // namespace ridge
