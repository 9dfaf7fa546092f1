// ridge bench machine: what this machine is, and what would spoil figures measured on it now.
#include <nlohmann/json.hpp>

#include "base/thread_pool.h"
#include "bench/machine/machine.h"
#include "cli/bench/machine_check.h"
#include "cli/commands/bench_commands.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/json_text.h"
#include "cli/ui/format.h"
#include "cpu/cpu_backend.h"

namespace ridge::cli {
namespace {

struct MachineOptions {
  bool json = false;
};

int run_machine(const MachineOptions& options, Context& context) {
  const Machine machine = describe_machine();
  const std::vector<std::string> found = check_machine({.n_threads = available_cores()}, context);
  const auto backend = cpu::make_backend();
  const double bandwidth = backend->measure_read_bandwidth(kBandwidthBytes);
  if (options.json) {
    using Json = nlohmann::ordered_json;
    const Json json{{"cpu", machine.cpu},
                    {"cores", machine.n_cores},
                    {"memory_bytes", machine.memory_bytes},
                    {"os", machine.kernel},
                    {"virtual", machine.is_virtual},
                    {"machine_id", machine.identity},
                    {"backend", backend->description()},
                    {"bandwidth_bytes_per_second", bandwidth},
                    {"problems", found}};
    context.out.line(dump(json));
    return kExitOk;
  }
  context.out.line(printable(cat(machine.summary(), "; ", machine.kernel)));
  context.out.line(cat(backend->description(), "; reads ", significant(bandwidth / 1e9), " GB/s"));
  if (found.empty()) context.out.line("nothing found that would spoil figures");
  return kExitOk;
}

}  // namespace

void add_bench_machine(OptionSet& bench, Action& chosen) {
  const CommandText text{
      "machine", "Look for what would spoil figures on this machine now",
      "Load, other processes, steal time, swap, governor, battery, heat, limits.\n\n"
      "  ridge bench machine"};
  add_command<MachineOptions>(
      bench, chosen, text,
      [](OptionSet& set, MachineOptions& options) {
        set.flag("--json", options.json, "One JSON object on standard output");
      },
      run_machine);
}

}  // namespace ridge::cli
