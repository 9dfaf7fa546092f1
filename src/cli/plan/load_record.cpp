#include "cli/plan/load_record.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/utc.h"
#include "cli/build_info.h"
#include "cli/json_text.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"

namespace ridge::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostLoads = 200;

std::filesystem::path loads_file(const Context& context) {
  return context.environment.data / "loads.jsonl";
}

Json bytes_json(const LoadBytes& bytes) {
  return {{"weights", bytes.weights}, {"cache", bytes.cache}, {"compute", bytes.compute}};
}

LoadBytes bytes_of(const Json& json) {
  return {.weights = json.value("weights", int64_t{0}),
          .cache = json.value("cache", int64_t{0}),
          .compute = json.value("compute", int64_t{0})};
}

Json json_of(const LoadRecord& r) {
  return {{"time", r.time},
          {"command", r.command},
          {"model", r.model},
          {"build", r.build},
          {"context", r.context},
          {"planned_bytes", bytes_json(r.planned)},
          {"allocated_bytes", bytes_json(r.allocated)},
          {"depth", r.depth},
          {"decode_tok_s", r.decode_tok_s},
          {"planned_tok_s", r.planned_tok_s},
          {"planned_low", r.planned_low},
          {"planned_high", r.planned_high},
          {"provenance", r.provenance}};
}

LoadRecord record_of(const Json& json) {
  return {.time = json.value("time", ""),
          .command = json.value("command", ""),
          .model = json.value("model", ""),
          .build = json.value("build", ""),
          .context = json.value("context", int64_t{0}),
          .planned = bytes_of(json.at("planned_bytes")),
          .allocated = bytes_of(json.at("allocated_bytes")),
          .depth = json.value("depth", int64_t{0}),
          .decode_tok_s = json.value("decode_tok_s", 0.0),
          .planned_tok_s = json.value("planned_tok_s", 0.0),
          .planned_low = json.value("planned_low", 0.0),
          .planned_high = json.value("planned_high", 0.0),
          .provenance = json.value("provenance", "")};
}

LoadRecord planned_load(const LoadFacts& facts, const PlansHere& plans) {
  const planner::Plan plan = plans.at(facts.depth);
  return {.time = utc_time(),
          .command = facts.command,
          .model = facts.model.stem().string(),
          .build = build_commit(),
          .context = plans.setup().context * plans.setup().n_slots,
          .planned = {.weights = plan.bytes.weights,
                      .cache = plan.bytes.cache() + plan.bytes.state,
                      .compute = plan.bytes.compute + plan.bytes.reserve},
          .allocated = facts.allocated,
          .depth = facts.depth,
          .decode_tok_s = facts.decode_tok_s,
          .planned_tok_s = plan.decode.value,
          .planned_low = plan.decode.low,
          .planned_high = plan.decode.high,
          .provenance = plan.provenance};
}

void write_all(const std::filesystem::path& path, const std::vector<LoadRecord>& newest_first) {
  std::filesystem::create_directories(path.parent_path());
  AtomicFile file(path);
  const size_t n = std::min(newest_first.size(), kMostLoads);
  for (size_t i = n; i-- > 0;) {
    const std::string line = dump(json_of(newest_first[i])) + "\n";
    file.write(std::as_bytes(std::span(line)));
  }
  file.commit();
}

// In place of the newest record of which `replaces` holds, if any does.
void keep(const LoadFacts& facts, const PlansHere& plans, Context& context,
          const std::function<bool(const LoadRecord&)>& replaces) {
  try {
    std::vector<LoadRecord> loads = kept_loads(context);
    const auto same = std::ranges::find_if(loads, replaces);
    if (same != loads.end()) loads.erase(same);
    loads.insert(loads.begin(), planned_load(facts, plans));
    write_all(loads_file(context), loads);
  } catch (const std::exception& error) {
    context.err.line(cat("note: this load is not kept for 'ridge plan --check': ", error.what()));
  }
}

std::string percent_off(double measured, double planned) {
  if (planned == 0 || measured == 0) return "-";
  const auto percent = int64_t(std::llround(100 * (measured / planned - 1)));
  return cat(percent > 0 ? "+" : "", percent, " %");
}

}  // namespace

void keep_load(const LoadFacts& facts, const PlansHere& plans, Context& context) {
  keep(facts, plans, context, [](const LoadRecord&) { return false; });
}

void complete_load(const LoadFacts& facts, const PlansHere& plans, Context& context) {
  keep(facts, plans, context, [&](const LoadRecord& kept) {
    return kept.command == facts.command && kept.model == facts.model.stem().string() &&
           kept.decode_tok_s == 0;
  });
}

// Lines that cannot be read are left out, and gone at the next load.
std::vector<LoadRecord> kept_loads(const Context& context) {
  std::vector<LoadRecord> loads;
  std::ifstream file(loads_file(context));
  for (std::string line; std::getline(file, line);) {
    try {
      loads.push_back(record_of(Json::parse(line)));
    } catch (const Json::exception&) {
    }
  }
  std::ranges::reverse(loads);
  return loads;
}

std::string loads_text(const std::vector<LoadRecord>& loads) {
  if (loads.empty()) {
    return "nothing was loaded yet: 'ridge run' and 'ridge serve' keep what they took\n";
  }
  Table table({{"time"},
               {"command"},
               {"model"},
               {"context", Align::kRight},
               {"bytes planned", Align::kRight},
               {"taken", Align::kRight},
               {"off", Align::kRight},
               {"tok/s planned", Align::kRight},
               {"measured", Align::kRight},
               {"off", Align::kRight},
               {"inside"}});
  for (const LoadRecord& r : loads) {
    const bool has_rate = r.decode_tok_s > 0;
    const bool is_inside = r.decode_tok_s >= r.planned_low && r.decode_tok_s <= r.planned_high;
    table.add({r.time, r.command, r.model, human_count(r.context),
               human_bytes(double(r.planned.total())), human_bytes(double(r.allocated.total())),
               percent_off(double(r.allocated.total()), double(r.planned.total())),
               significant(r.planned_tok_s), has_rate ? significant(r.decode_tok_s) : "-",
               percent_off(r.decode_tok_s, r.planned_tok_s),
               has_rate ? (is_inside ? "yes" : "no") : "-"});
  }
  return table.str() + "inside: of the interval that should hold 80 % of what is measured; " +
         loads.front().provenance + "\n";
}

std::string loads_json(const std::vector<LoadRecord>& loads) {
  Json array = Json::array();
  for (const LoadRecord& record : loads) array.push_back(json_of(record));
  return dump(array);
}

}  // namespace ridge::cli
