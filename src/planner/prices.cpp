#include "planner/prices.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "planner/json_fields.h"
#include "planner/names.h"

namespace ridge::planner {
namespace {

using PriceJson = nlohmann::json;

constexpr int64_t kMostGigabytes = 1 << 20;

Dated read_dated(JsonFields& fields) {
  Dated dated{.source = fields.text("source"), .date = fields.text("date")};
  day_number(dated.date);
  return dated;
}

ApiPrice read_api(JsonFields& fields) {
  ApiPrice price{.model = fields.text("model"),
                 .input = fields.positive("input"),
                 .output = fields.positive("output")};
  price.cached = fields.positive("cached", price.input);
  price.open_model = fields.text("open_model", "");
  price.note = fields.text("note", "");
  price.dated = read_dated(fields);
  return price;
}

MachinePrice read_machine(JsonFields& fields) {
  return {.hardware = fields.text("hardware"),
          .memory_gb = fields.integer("memory_gb", kMostGigabytes),
          .usd = fields.positive("usd"),
          .what = fields.text("what"),
          .used = fields.flag("used"),
          .portable = fields.flag("portable"),
          .dated = read_dated(fields)};
}

RentPrice read_rent(JsonFields& fields) {
  return {.hardware = fields.text("hardware"),
          .usd_per_hour = fields.positive("usd_per_hour"),
          .dated = read_dated(fields)};
}

template <class Price>
std::vector<Price> read_all(JsonFields& parent, const char* name, Price (*read)(JsonFields&)) {
  std::vector<Price> prices;
  const PriceJson& entries = parent.array(name);
  for (size_t i = 0; i < entries.size(); ++i) {
    JsonFields fields(entries[i], cat(name, "[", i, "]"));
    prices.push_back(read(fields));
    fields.refuse_others();
  }
  return prices;
}

}  // namespace

int64_t day_number(std::string_view date) {
  const auto number = [&](size_t at, size_t n_digits) {
    int value = -1;
    const char* first = date.data() + at;
    if (at + n_digits <= date.size()) std::from_chars(first, first + n_digits, value);
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  const bool fits = date.size() == 10 && date[4] == '-' && date[7] == '-' && year >= 1970 &&
                    month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!fits) fail(ErrorCode::kInvalidArgument, "\"", date, "\" is no date; expected 2026-09-15");
  // Days of the civil calendar (Hinnant, "chrono-compatible low-level date algorithms").
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = y / 400;
  const int64_t of_era = y - era * 400;
  const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool is_stale(const Dated& dated, std::string_view today) {
  return day_number(today) - day_number(dated.date) > kStaleDays;
}

const ApiPrice& Prices::find_api(std::string_view model) const {
  const std::string key = name_key(model);
  std::vector<std::string> names;
  for (const ApiPrice& price : api) {
    if (name_key(price.model) == key || name_key(price.open_model) == key) return price;
    names.push_back(price.model);
  }
  fail(ErrorCode::kInvalidArgument, "no price is known of \"", model, "\"",
       suggestion(model, names), "; 'ridge plan cost --prices' lists them");
}

const MachinePrice* Prices::find_machine(const Machine& machine) const {
  const MachinePrice* cheapest = nullptr;
  for (const MachinePrice& price : machines) {
    const bool same =
        price.hardware == machine.hardware.name && price.memory_gb == machine.memory_gb;
    if (same && (cheapest == nullptr || price.usd < cheapest->usd)) cheapest = &price;
  }
  return cheapest;
}

const RentPrice* Prices::find_rent(const Machine& machine) const {
  const auto found = std::ranges::find(rent, machine.hardware.name, &RentPrice::hardware);
  return found == rent.end() ? nullptr : &*found;
}

Prices parse_prices(std::string_view text) {
  const PriceJson value = parse_json(text, "the price list");
  JsonFields fields(value, "the price list");
  check_schema(fields);
  Prices prices;
  JsonFields electricity(fields.object("electricity"), "electricity");
  prices.usd_per_kwh = electricity.positive("usd_per_kwh");
  prices.electricity = read_dated(electricity);
  electricity.refuse_others();
  prices.api = read_all(fields, "api", read_api);
  prices.machines = read_all(fields, "machines", read_machine);
  prices.rent = read_all(fields, "rent", read_rent);
  fields.refuse_others();
  return prices;
}

double Quality::of(std::string_view quant) const {
  const auto found = increase_percent.find(quant);
  if (found != increase_percent.end()) return found->second;
  return quant == "F16" || quant == "BF16" || quant == "F32" ? 0 : -1;
}

Quality parse_quality(std::string_view text) {
  const PriceJson value = parse_json(text, "the table of quality");
  JsonFields fields(value, "the table of quality");
  check_schema(fields);
  const std::string wanted = fields.text("planned_with");
  const PriceJson& tables = fields.array("quality");
  fields.refuse_others();
  Quality chosen;
  for (size_t i = 0; i < tables.size(); ++i) {
    JsonFields table(tables[i], cat("quality[", i, "]"));
    Quality quality{.model = table.text("model"), .dated = read_dated(table)};
    const PriceJson& increases = table.object("increase_percent");
    table.refuse_others();
    JsonFields of(increases, quality.model);
    for (const auto& [quant, increase] : increases.items()) {
      quality.increase_percent[quant] = of.positive(quant.c_str());
    }
    if (quality.model == wanted) chosen = std::move(quality);
  }
  if (chosen.model.empty()) {
    fail(ErrorCode::kInvalidArgument, "the table of quality has no \"", wanted, "\"");
  }
  return chosen;
}

}  // namespace ridge::planner
