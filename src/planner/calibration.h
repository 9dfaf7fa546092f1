// Constants of speed by family (engine and kind of hardware), fitted by tools/planner/fit.py from
// data/measurements.csv into data/calibration.json, which is built into the program. Any thread.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "planner/hardware.h"
#include "planner/work.h"

namespace ridge::planner {

// 80 % of measured rates lie between the predicted one times e^low and times e^high.
struct Spread {
  double low = 0;
  double high = 0;
};

struct DecodeConstants {
  int n_points = 0;                              // they were fitted to; 0: a guess
  double e = 0.85;                               // of nominal bandwidth, for weights
  double e_kv = 0.5;                             // for the cache
  std::array<double, kModelKinds> layer_s = {};  // seconds a layer, whatever its size
  std::map<DType, double> type_rates;   // bytes/s of weights of a type; others: e and the bandwidth
  double attention_flops = 0;           // per second, of one token; 0: its share of R_w
  std::map<std::string, double> chips;  // measured over predicted, of single chips
  Spread dense, other;
};

struct PrefillConstants {
  int n_points = 0;
  double shared_cost = 1;       // of FLOPs with weights that every token reads, in R_w
  double expert_cost = 1;       // of those with routed experts
  double expert_s = 1 / 65e12;  // seconds a FLOP of experts besides, however fast the machine
  double attention_cost = 1.1;  // of attention's, in R_w
  std::map<DType, double> type_flops;  // per second, of weights of a type; others: R_w
  double pass_cost = 0.6;              // of reading all weights once a pass, in nominal bandwidth
  double recurrent_s = 2e-6;           // seconds a token and recurrent layer
  double value_s = 0;                  // seconds a value into or out of a matrix
  std::map<std::string, double> chips;
  Spread dense, other;
};

struct Family {
  std::string engine;  // "llama.cpp", "MLX"
  HardwareFamily hardware = HardwareFamily::kCpu;
  DecodeConstants decode;
  PrefillConstants prefill;
  double streams_share = 0.5;  // of R_w, that steps of several streams compute with
};

struct Calibration {
  std::string date;
  std::string source;
  double decode_attention_share = 0.165;  // of R_w, that attention of one token computes with
  std::vector<Family> families;

  // For this engine; else of the same hardware; else a guess. How near it came:
  enum class Match { kFamily, kOtherEngine, kNone };
  struct Found {
    Family family;
    Match match = Match::kNone;
  };
  Found find(std::string_view engine, HardwareFamily hardware) const;
};

// Throws Error{kInvalidArgument} as parse_catalogue() does.
Calibration parse_calibration(std::string_view json);

// This engine on the machine that the program runs on: no constants of other machines hold for it.
inline constexpr std::string_view kHere = "ridge here";

// The engine whose constants stand for what people call `name`: "Ollama" runs llama.cpp.
std::string engine_of(std::string_view name, HardwareFamily hardware);

}  // namespace ridge::planner
