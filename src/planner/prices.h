// What machines, hours of them and tokens of services cost, and what quantization costs in quality:
// data/prices.json and data/quality.json, built into the program. Every price has its date. Any
// thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "planner/hardware.h"

namespace ridge::planner {

struct Dated {
  std::string source;
  std::string date;  // "2026-09-15"
};

struct ApiPrice {
  std::string model;
  double input = 0, output = 0;  // $ for a million tokens
  double cached = 0;             // of input that was read before; the same where there is none
  std::string open_model;        // of the catalogue, that this endpoint runs; empty: none
  std::string note;
  Dated dated;
};

struct MachinePrice {
  std::string hardware;  // of the catalogue
  int64_t memory_gb = 0;
  double usd = 0;
  std::string what;  // "Mac Studio"
  bool used = false;
  bool portable = false;  // a laptop; its chip may be sold in desktops, too
  Dated dated;
};

struct RentPrice {
  std::string hardware;
  double usd_per_hour = 0;
  Dated dated;
};

struct Prices {
  double usd_per_kwh = 0;
  Dated electricity;
  std::vector<ApiPrice> api;
  std::vector<MachinePrice> machines;
  std::vector<RentPrice> rent;

  // Throws Error{kInvalidArgument} with the nearest.
  const ApiPrice& find_api(std::string_view model) const;
  // The cheapest of this memory; null: nothing is known.
  const MachinePrice* find_machine(const Machine& machine) const;
  const RentPrice* find_rent(const Machine& machine) const;
};
// Throws Error{kInvalidArgument} as parse_catalogue() does.
Prices parse_prices(std::string_view json);

// Days since 1970 of "2026-09-15"; throws Error{kInvalidArgument}.
int64_t day_number(std::string_view date);
inline constexpr int64_t kStaleDays = 60;
bool is_stale(const Dated& dated, std::string_view today);

// Increase of perplexity over F16 in percent, by file type, of the model that plans go by.
struct Quality {
  std::string model;
  Dated dated;
  std::map<std::string, double, std::less<>> increase_percent;
  // -1: not known.
  double of(std::string_view quant) const;
};
Quality parse_quality(std::string_view json);

}  // namespace ridge::planner
