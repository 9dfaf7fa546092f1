// The catalogue of machines: data/hardware.json, which is built into the program, and what of their
// memory a model may take. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::planner {

// Machines that constants are shared by.
enum class HardwareFamily {
  kApple,       // M1 to M4
  kAppleM5,     // with matrix units in the GPU
  kGeForce,     // NVIDIA cards with GDDR
  kDatacenter,  // cards with HBM
  kSpark,
  kStrixHalo,
  kRadeon,
  kArc,
  kCpu,
};
std::string_view name(HardwareFamily family);  // "apple-m5"

struct Hardware {
  std::string name;
  std::vector<std::string> aliases;
  HardwareFamily family = HardwareFamily::kCpu;
  std::vector<int64_t> memory_gb;  // to be had, ascending; as makers count them
  double bandwidth = 0;            // bytes/s, nominal
  double fp16_flops = 0;           // per second, dense, as published; 0: not known
  double prefill_flops = 0;        // per second, reached by a 7B prompt; 0: not measured
  double watts_idle = 0;           // of the machine, or of a card; 0: not known
  double watts_load = 0;
  bool portable = false;
  std::string source, date, confidence, note;

  // Reached by prompts: measured, or the peak times what the family reaches of it.
  double usable_flops() const;
  bool is_card() const;  // its memory is beside the computer's
};

// One that was asked for: "2x RTX 4090", "M4 Max 64GB".
struct Machine {
  Hardware hardware;
  int64_t memory_gb = 0;  // of each
  int n_devices = 1;
};

// Throws Error{kInvalidArgument} as parse_catalogue() does.
std::vector<Hardware> parse_hardware(std::string_view json);

// By name or alias, with a number of devices before it and a size of memory behind it where they
// are said; without one the largest. Throws Error{kInvalidArgument} that names what comes near, or
// the sizes there are.
Machine find_machine(const std::vector<Hardware>& catalogue, std::string_view name);

// What a model, its cache and its buffers may take of one device, and the rule that says so.
struct DeviceLimit {
  int64_t bytes = 0;
  std::string rule;
};
enum class MacOs { k26, kOlder };
DeviceLimit device_limit(const Machine& machine, MacOs macos = MacOs::k26);

}  // namespace ridge::planner
