#include "cli/bench/compare.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/strcat.h"
#include "cli/json_text.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"

namespace ridge::cli {
namespace {

using history::ResultRecord;
using history::RunRecord;

constexpr double kBandwidthDiffers = 0.05;

std::set<std::string> models_of(const RunRecord& run) {
  std::set<std::string> models;
  for (const ResultRecord& result : run.results) models.insert(result.model);
  return models;
}

double bandwidth_of(const ResultRecord& result) {
  std::vector<double> values;
  for (const auto& sample : result.samples) {
    if (sample.bandwidth > 0) values.push_back(sample.bandwidth);
  }
  return median(values);
}

bool same_test(const ResultRecord& a, const ResultRecord& b) {
  return a.test() == b.test();
}

bool same_setup(const ResultRecord& a, const ResultRecord& b) {
  return a.model == b.model && a.backend == b.backend && a.n_threads == b.n_threads &&
         a.n_ubatch == b.n_ubatch && a.type_k == b.type_k && a.type_v == b.type_v;
}

// The result of `others` that is most like this one: the same setup, else the same model, else
// (when each run has one model) the same test. Every result is used once.
const ResultRecord* partner(const ResultRecord& result, std::vector<const ResultRecord*>& others,
                            bool one_model_each) {
  const auto take = [&](const auto& is_like) -> const ResultRecord* {
    const auto found = std::find_if(others.begin(), others.end(), is_like);
    if (found == others.end()) return nullptr;
    const ResultRecord* taken = *found;
    others.erase(found);
    return taken;
  };
  if (const auto* same = take([&](const ResultRecord* other) {
        return same_test(result, *other) && same_setup(result, *other);
      })) {
    return same;
  }
  return take([&](const ResultRecord* other) {
    return same_test(result, *other) && (one_model_each || result.model == other->model);
  });
}

void note(std::set<std::string>& notes, std::string_view what, const std::string& a,
          const std::string& b) {
  if (a == b || a.empty() || b.empty()) return;
  notes.insert(cat(what, ": ", a, " and ", b));
}

void note_number(std::set<std::string>& notes, std::string_view what, int64_t a, int64_t b) {
  if (a > 0 && b > 0) note(notes, what, std::to_string(a), std::to_string(b));
}

void note_setup(std::set<std::string>& notes, const ResultRecord& a, const ResultRecord& b) {
  note(notes, "model", a.model, b.model);
  note(notes, "model type", a.model_type, b.model_type);
  note(notes, "back end", a.backend, b.backend);
  note_number(notes, "threads", a.n_threads, b.n_threads);
  note_number(notes, "prompt tokens of a forward pass", a.n_ubatch, b.n_ubatch);
  note(notes, "cache", cat(a.type_k, "/", a.type_v), cat(b.type_k, "/", b.type_v));
}

ComparedTest compare_results(const ResultRecord& a, const ResultRecord& b) {
  ComparedTest test{.test = a.test(), .ratio = compare_rates(a.rates(), b.rates())};
  test.rate_a = median(a.rates());
  test.rate_b = median(b.rates());
  const double base = bandwidth_of(a);
  if (base > 0) test.bandwidth_ratio = bandwidth_of(b) / base;
  return test;
}

std::string verdict(const RatioInterval& ratio) {
  if (!ratio.known) return cat("fewer than ", RatioInterval::kLeastSamples, " samples");
  if (ratio.shows_faster()) return "faster";
  return ratio.shows_slower() ? "slower" : "no difference shown";
}

std::string interval(const RatioInterval& ratio) {
  return ratio.known ? cat(fixed(ratio.low, 3), " … ", fixed(ratio.high, 3)) : "";
}

}  // namespace

Comparison compare_runs(const RunRecord& a, const RunRecord& b) {
  Comparison comparison;
  comparison.same_machine = machine_difference(a, b).empty();
  const bool one_model_each = models_of(a).size() <= 1 && models_of(b).size() <= 1;
  std::vector<const ResultRecord*> others;
  for (const ResultRecord& result : b.results) others.push_back(&result);
  std::set<std::string> notes;
  note(notes, "engine", a.engine, b.engine);
  note(notes, "build", a.build, b.build);
  for (const ResultRecord& result : a.results) {
    const ResultRecord* other = partner(result, others, one_model_each);
    if (other == nullptr) {
      comparison.only_a.push_back(result.test());
      continue;
    }
    ComparedTest test = compare_results(result, *other);
    if (!one_model_each) test.model = result.model;
    note_setup(notes, result, *other);
    if (std::abs(test.bandwidth_ratio - 1) > kBandwidthDiffers && test.bandwidth_ratio > 0) {
      notes.insert(cat("the machine itself read ", fixed(test.bandwidth_ratio, 2),
                       " times as fast during the second run of ", test.test));
    }
    comparison.tests.push_back(std::move(test));
  }
  for (const ResultRecord* left : others) comparison.only_b.push_back(left->test());
  comparison.differences.assign(notes.begin(), notes.end());
  return comparison;
}

std::string machine_difference(const RunRecord& a, const RunRecord& b) {
  for (const RunRecord* run : {&a, &b}) {
    if (run->machine_id.empty()) {
      return cat("nobody knows on which machine run ", run->id, " was measured (",
                 run->machine.empty() ? run->engine : run->machine, ")");
    }
  }
  if (a.machine_id == b.machine_id) return "";
  return cat("run ", a.id, " was measured on ", a.machine, " and run ", b.id, " on ", b.machine);
}

std::string comparison_text(const Comparison& comparison) {
  Table table({{"test"},
               {"A tok/s", Align::kRight},
               {"B tok/s", Align::kRight},
               {"B / A", Align::kRight},
               {"95 % interval", Align::kRight},
               {""}});
  for (const ComparedTest& test : comparison.tests) {
    table.add({test.model.empty() ? test.test : cat(test.model, " ", test.test),
               significant(test.rate_a), significant(test.rate_b), fixed(test.ratio.ratio, 3),
               interval(test.ratio), verdict(test.ratio)});
  }
  std::string text = table.str();
  for (const std::string& test : comparison.only_a) text += cat(test, ": only in A\n");
  for (const std::string& test : comparison.only_b) text += cat(test, ": only in B\n");
  if (!comparison.differences.empty()) text += "\nWhat else differs (A and B):\n";
  for (const std::string& sentence : comparison.differences) text += cat("  ", sentence, "\n");
  return text;
}

std::string comparison_json(const Comparison& comparison, const RunRecord& a, const RunRecord& b) {
  using Json = nlohmann::ordered_json;
  Json tests = Json::array();
  for (const ComparedTest& test : comparison.tests) {
    Json row{{"test", test.test},
             {"a_ts", test.rate_a},
             {"b_ts", test.rate_b},
             {"ratio", test.ratio.ratio}};
    if (!test.model.empty()) row["model"] = test.model;
    row["low"] = test.ratio.known ? Json(test.ratio.low) : Json(nullptr);
    row["high"] = test.ratio.known ? Json(test.ratio.high) : Json(nullptr);
    row["verdict"] = verdict(test.ratio);
    if (test.bandwidth_ratio > 0) row["bandwidth_ratio"] = test.bandwidth_ratio;
    tests.push_back(std::move(row));
  }
  const Json json{{"a", a.id},
                  {"b", b.id},
                  {"same_machine", comparison.same_machine},
                  {"tests", std::move(tests)},
                  {"only_a", comparison.only_a},
                  {"only_b", comparison.only_b},
                  {"differences", comparison.differences}};
  return dump(json);
}

}  // namespace ridge::cli
