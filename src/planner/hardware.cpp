#include "planner/hardware.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "planner/json_fields.h"
#include "planner/names.h"

namespace ridge::planner {
namespace {

constexpr double kGB = 1e9;
constexpr double kGiB = double(int64_t{1} << 30);
constexpr double kMiB = double(int64_t{1} << 20);

struct FamilyRow {
  HardwareFamily family;
  std::string_view name;
  double reached;  // of the published peak, by prompts: the median over machines that have both
};
constexpr FamilyRow kFamilies[] = {
    {HardwareFamily::kApple, "apple", 0.65},     {HardwareFamily::kAppleM5, "apple-m5", 0.61},
    {HardwareFamily::kGeForce, "geforce", 0.93}, {HardwareFamily::kDatacenter, "datacenter", 0.17},
    {HardwareFamily::kSpark, "spark", 0.32},     {HardwareFamily::kStrixHalo, "strix-halo", 0.24},
    {HardwareFamily::kRadeon, "radeon", 0.38},   {HardwareFamily::kArc, "arc", 0.15},
    {HardwareFamily::kCpu, "cpu", 0.5},
};

const FamilyRow& row_of(HardwareFamily family) {
  return *std::ranges::find(kFamilies, family, &FamilyRow::family);
}

HardwareFamily family_from(std::string_view name, std::string_view where) {
  const auto* found = std::ranges::find(kFamilies, name, &FamilyRow::name);
  if (found != std::end(kFamilies)) return found->family;
  fail(ErrorCode::kInvalidArgument, where, ": unknown family \"", name, "\"");
}

Hardware read_hardware(const nlohmann::json& value, const std::string& where) {
  JsonFields fields(value, where);
  Hardware hardware{.name = fields.text("name"), .aliases = fields.texts("aliases")};
  hardware.family = family_from(fields.text("family"), where);
  for (const double gb : fields.numbers("memory_gb")) {
    if (gb < 1 || gb != std::floor(gb)) {
      fail(ErrorCode::kInvalidArgument, where, ": \"memory_gb\" has ", gb, ", expected GB");
    }
    hardware.memory_gb.push_back(int64_t(gb));
  }
  if (hardware.memory_gb.empty()) {
    fail(ErrorCode::kInvalidArgument, where, ": has no \"memory_gb\"");
  }
  std::ranges::sort(hardware.memory_gb);
  hardware.bandwidth = fields.positive("bandwidth_gbs") * 1e9;
  hardware.fp16_flops = fields.positive("fp16_tflops", 0) * 1e12;
  hardware.prefill_flops = fields.positive("prefill_tflops", 0) * 1e12;
  if (hardware.fp16_flops == 0 && hardware.prefill_flops == 0) {
    fail(ErrorCode::kInvalidArgument, where,
         ": has neither \"fp16_tflops\" nor \"prefill_tflops\"");
  }
  hardware.watts_idle = fields.positive("watts_idle", 0);
  hardware.watts_load = fields.positive("watts_load", 0);
  hardware.portable = fields.flag("portable");
  hardware.note = fields.text("note", "");
  hardware.source = fields.text("source");
  hardware.date = fields.text("date");
  hardware.confidence = fields.text("confidence");
  fields.refuse_others();
  return hardware;
}

// Whose machine an M4 Max is needs no saying.
std::string machine_key(std::string_view name) {
  const std::string key = name_key(name);
  constexpr std::string_view kMaker = "apple";
  return key.starts_with(kMaker) ? key.substr(kMaker.size()) : key;
}

const Hardware* find_exact(const std::vector<Hardware>& catalogue, std::string_view key) {
  for (const Hardware& hardware : catalogue) {
    if (machine_key(hardware.name) == key) return &hardware;
    for (const std::string& alias : hardware.aliases) {
      if (machine_key(alias) == key) return &hardware;
    }
  }
  return nullptr;
}

// A number right before position `end` of a key: "rtx409024gb" has 24 before "gb", since sizes of
// memory that exist are tried, shortest first.
std::optional<int64_t> number_before(std::string_view key, size_t end, size_t n_digits) {
  if (end < n_digits) return std::nullopt;
  int64_t value = 0;
  const char* first = key.data() + end - n_digits;
  const auto [last, error] = std::from_chars(first, key.data() + end, value);
  if (error != std::errc() || last != key.data() + end || *first == '0') return std::nullopt;
  return value;
}

struct Sized {
  const Hardware* hardware = nullptr;
  int64_t memory_gb = 0;  // 0: not said
};

// The part before a size of memory must itself be a name.
Sized find_sized(const std::vector<Hardware>& catalogue, std::string_view key) {
  if (const Hardware* hardware = find_exact(catalogue, key)) return {hardware, 0};
  if (!key.ends_with("gb")) return {};
  const size_t end = key.size() - 2;
  for (size_t n_digits = 1; n_digits <= 4; ++n_digits) {
    const auto size = number_before(key, end, n_digits);
    if (!size) continue;
    if (const Hardware* hardware = find_exact(catalogue, key.substr(0, end - n_digits))) {
      return {hardware, *size};
    }
  }
  return {};
}

// "4x DGX Spark" without its "4x"; 1 where there is none.
int take_devices(std::string_view& name) {
  int n = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), n);
  const auto n_read = size_t(rest - name.data());
  if (error != std::errc() || n < 1 || n > 1024 || n_read >= name.size()) return 1;
  if (name[n_read] != 'x' && name[n_read] != 'X') return 1;
  name.remove_prefix(n_read + 1);
  return n;
}

[[noreturn]] void refuse_size(const Hardware& hardware, int64_t wanted) {
  std::string sizes;
  for (const int64_t gb : hardware.memory_gb) sizes += cat(sizes.empty() ? "" : ", ", gb);
  fail(ErrorCode::kInvalidArgument, hardware.name, " is not made with ", wanted,
       " GB of memory; there are ", sizes, " GB");
}

// A few cards are listed with their memory in the name.
Sized find_named(const std::vector<Hardware>& catalogue, std::string_view key) {
  if (const Sized found = find_sized(catalogue, key); found.hardware != nullptr) return found;
  for (const Hardware& hardware : catalogue) {
    const std::string known = machine_key(hardware.name);
    const std::string size = cat(hardware.memory_gb.back(), "gb");
    const size_t at = known.find(size);
    if (at != std::string::npos && known.substr(0, at) == key) return {&hardware, 0};
  }
  return {};
}

// macOS 26 lets the GPU hold these shares of the memory at most (recommendedMaxWorkingSetSize of
// 16, 48, 64 and 128 GB machines); between them it is interpolated, above 128 GB not known.
double wired_share(double gb) {
  struct Point {
    double gb, share;
  };
  constexpr Point kPoints[] = {{16, 12713.12 / 17179.869184},
                               {48, 40200.90 / 51539.607552},
                               {64, 55662.79 / 68719.476736},
                               {128, 115448.73 / 137438.953472}};
  if (gb <= kPoints[0].gb) return kPoints[0].share;
  for (size_t i = 1; i < std::size(kPoints); ++i) {
    const Point &a = kPoints[i - 1], &b = kPoints[i];
    if (gb <= b.gb) return a.share + (b.share - a.share) * (gb - a.gb) / (b.gb - a.gb);
  }
  return kPoints[3].share;
}

DeviceLimit mac_limit(double gb, MacOs macos) {
  if (macos == MacOs::k26) {
    return {int64_t(wired_share(gb) * gb * kGiB), "what macOS 26 lets the GPU hold"};
  }
  const double share = gb > 36 ? 0.75 : 2.0 / 3;
  return {int64_t(share * gb * kGiB), "what macOS before 26 lets the GPU hold"};
}

}  // namespace

std::string_view name(HardwareFamily family) {
  return row_of(family).name;
}

double Hardware::usable_flops() const {
  return prefill_flops > 0 ? prefill_flops : fp16_flops * row_of(family).reached;
}

bool Hardware::is_card() const {
  return family == HardwareFamily::kGeForce || family == HardwareFamily::kDatacenter ||
         family == HardwareFamily::kRadeon || family == HardwareFamily::kArc;
}

std::vector<Hardware> parse_hardware(std::string_view text) {
  const nlohmann::json value = parse_json(text, "the catalogue of hardware");
  JsonFields fields(value, "the catalogue of hardware");
  check_schema(fields);
  const nlohmann::json& entries = fields.array("hardware");
  fields.refuse_others();
  std::vector<Hardware> catalogue;
  for (size_t i = 0; i < entries.size(); ++i) {
    catalogue.push_back(read_hardware(entries[i], cat("hardware[", i, "]")));
  }
  return catalogue;
}

Machine find_machine(const std::vector<Hardware>& catalogue, std::string_view text) {
  Machine machine;
  std::string_view rest = text;
  Sized found = find_named(catalogue, machine_key(text));  // "2x EPYC 9334" is a name of its own
  if (found.hardware == nullptr) {
    machine.n_devices = take_devices(rest);
    found = find_named(catalogue, machine_key(rest));
  }
  if (found.hardware == nullptr) {
    std::vector<std::string> names;
    for (const Hardware& hardware : catalogue) {
      names.push_back(hardware.name);
      names.insert(names.end(), hardware.aliases.begin(), hardware.aliases.end());
    }
    fail(ErrorCode::kInvalidArgument, "no machine is called \"", text, "\"",
         suggestion(rest, names), "; 'ridge plan --hardware' lists them");
  }
  machine.hardware = *found.hardware;
  machine.memory_gb = found.memory_gb;
  if (machine.memory_gb == 0) {
    machine.memory_gb = machine.hardware.memory_gb.back();
  } else if (std::ranges::find(machine.hardware.memory_gb, machine.memory_gb) ==
             machine.hardware.memory_gb.end()) {
    refuse_size(machine.hardware, machine.memory_gb);
  }
  return machine;
}

DeviceLimit device_limit(const Machine& machine, MacOs macos) {
  const auto gb = double(machine.memory_gb);
  switch (machine.hardware.family) {
    case HardwareFamily::kApple:
    case HardwareFamily::kAppleM5:
      return mac_limit(gb, macos);
    case HardwareFamily::kSpark:  // 122,570 MiB are visible
      return {int64_t(gb / 128 * 122570 * kMiB), "what the GPU of a DGX Spark sees"};
    case HardwareFamily::kStrixHalo:  // GTT of 120 of 128 GB, set at boot
      return {int64_t(std::min(gb - 8, gb * 0.9375) * kGiB),
              "GTT set to all but 8 GB under Linux; Windows gives the GPU 75 %"};
    case HardwareFamily::kCpu:
      return {int64_t((gb - std::clamp(gb / 16, 4.0, 8.0)) * kGiB), "memory less 4 to 8 GB"};
    case HardwareFamily::kGeForce:
    case HardwareFamily::kDatacenter:
    case HardwareFamily::kRadeon:
    case HardwareFamily::kArc:
      break;
  }
  return {int64_t(gb * kGiB - 0.8 * kGB), "memory of the card less 0.8 GB"};
}

}  // namespace ridge::planner
