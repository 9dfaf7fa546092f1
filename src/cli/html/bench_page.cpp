#include "cli/html/bench_page.h"

#include <algorithm>
#include <functional>
#include <map>

#include "base/strcat.h"
#include "bench/statistics.h"
#include "cli/html/plot.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

using history::ResultRecord;
using history::RunRecord;

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --page: #fcfcfa; --ink: #1c1e21; --faint: #6b7078; --grid: #e3e4e0;
  --s0: #0b62a8; --s1: #c2410c; --s2: #15803d; --s3: #7e22ce; --s4: #a16207; --s5: #be185d; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15171a; --ink: #e6e7e8; --faint: #9aa0a8; --grid: #2c3036;
    --s0: #6cb4f0; --s1: #fb923c; --s2: #4ade80; --s3: #c084fc; --s4: #facc15; --s5: #f472b6; } }
body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
p.note, .warning { color: var(--faint); } .warning::before { content: "⚠ "; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--grid); text-align: right; }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; } th { color: var(--faint); font-weight: 500; }
.wide { overflow-x: auto; }
svg { width: 100%; height: auto; } svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--grid); } .axis { stroke: var(--faint); }
.line { fill: none; stroke-width: 2; } .bar { stroke-width: 1.5; opacity: .6; }
.roof { stroke: var(--faint); stroke-dasharray: 5 4; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); }
.s3 { stroke: var(--s3); } .s4 { stroke: var(--s4); } .s5 { stroke: var(--s5); }
.point.s0 { fill: var(--s0); } .point.s1 { fill: var(--s1); } .point.s2 { fill: var(--s2); }
.point.s3 { fill: var(--s3); } .point.s4 { fill: var(--s4); } .point.s5 { fill: var(--s5); }
)";

double bandwidth_of(const ResultRecord& result) {
  std::vector<double> values;
  for (const auto& sample : result.samples) {
    if (sample.bandwidth > 0) values.push_back(sample.bandwidth);
  }
  return median(values);
}

std::string setup_of(const RunRecord& run, const ResultRecord& r, bool name_run) {
  const bool plain = (r.type_k == "f16" && r.type_v == "f16") || r.type_k.empty();
  return cat(name_run ? cat("run ", run.id, " ", run.label, " ") : "", r.model, " ",
             run.engine == "ridge" ? "" : run.engine, " ", r.backend,
             plain ? "" : cat(" cache ", r.type_k, "/", r.type_v));
}

PlotPoint rate_point(const ResultRecord& result, double x) {
  const Summary rate = summarise(result.rates());
  return {.x = x,
          .y = rate.median,
          .low = rate.q1,
          .high = rate.q3,
          .title = cat(result.test(), ": ", significant(rate.median), " tok/s, quartiles ",
                       significant(rate.q1), " to ", significant(rate.q3))};
}

// One series a setup, of the results that `x_of` gives a place.
using Place = std::function<double(const ResultRecord&)>;  // negative: leave it out
std::vector<PlotSeries> series_by_setup(const std::vector<RunRecord>& runs, const Place& x_of) {
  std::map<std::string, PlotSeries> by_name;
  std::vector<std::string> order;
  for (const RunRecord& run : runs) {
    for (const ResultRecord& result : run.results) {
      const double x = x_of(result);
      if (x < 0 || result.rates().empty()) continue;
      const std::string name = setup_of(run, result, runs.size() > 1);
      if (by_name.try_emplace(name).second) order.push_back(name);
      by_name[name].points.push_back(rate_point(result, x));
    }
  }
  std::vector<PlotSeries> all;
  for (const std::string& name : order) {
    PlotSeries series = by_name[name];
    std::sort(series.points.begin(), series.points.end(),
              [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; });
    series.name = name;
    series.colour = int(all.size());
    all.push_back(std::move(series));
  }
  return all;
}

bool has_a_line(const std::vector<PlotSeries>& series) {
  return std::any_of(series.begin(), series.end(),
                     [](const PlotSeries& s) { return s.points.size() > 1; });
}

std::string section(const Plot& plot, std::string_view note) {
  const std::string drawing = svg(plot);
  if (drawing.empty()) return "";
  return cat("<h2>", escape_html(plot.title), "</h2>\n<p class=\"note\">", note, "</p>\n", drawing);
}

std::string depth_section(const std::vector<RunRecord>& runs) {
  Plot plot{.title = "Decode over depth", .x_label = "tokens in the cache", .y_label = "tok/s"};
  plot.series = series_by_setup(runs, [](const ResultRecord& r) {
    return r.n_prompt == 0 && r.n_columns == 1 ? double(r.n_depth + r.n_gen / 2) : -1.0;
  });
  return section(plot, "Medians; bars are quartiles. A test stands at the middle of its answer.");
}

std::string prompt_section(const std::vector<RunRecord>& runs) {
  Plot plot{.title = "Prefill over prompt length",
            .x_label = "tokens of prompt",
            .y_label = "tok/s",
            .x_scale = Scale::kLog};
  plot.series = series_by_setup(runs, [](const ResultRecord& r) {
    return r.n_gen == 0 && r.n_depth == 0 ? double(r.n_prompt) : -1.0;
  });
  return has_a_line(plot.series) ? section(plot, "From an empty cache; bars are quartiles.") : "";
}

std::string column_section(const std::vector<RunRecord>& runs) {
  Plot plot{.title = "Decode over columns", .x_label = "sequences at once", .y_label = "tok/s"};
  plot.series = series_by_setup(runs, [](const ResultRecord& r) {
    return r.n_prompt == 0 && r.n_depth == 0 ? double(r.n_columns) : -1.0;
  });
  return has_a_line(plot.series) ? section(plot, "Tokens of all sequences together.") : "";
}

// Two lines: bandwidth times intensity up to the ridge, then the arithmetic roof.
PlotSeries roof_of(const RunRecord& run, double bandwidth, double least, double most) {
  PlotSeries roof{.name = cat("roof: ", significant(bandwidth / 1e9), " GB/s, ",
                              significant(run.mac_roof / 1e9), " GMAC/s"),
                  .mark = Mark::kLine,
                  .colour = -1};
  const double ridge = run.mac_roof / bandwidth;
  const double left = std::min(least, ridge) / 2;
  const double right = std::max(most, ridge) * 2;
  roof.points = {{.x = left, .y = left * bandwidth / 1e9},
                 {.x = ridge, .y = run.mac_roof / 1e9},
                 {.x = right, .y = run.mac_roof / 1e9}};
  return roof;
}

std::string roofline_section(const RunRecord& run) {
  PlotSeries points{.mark = Mark::kPoints};
  std::vector<double> bandwidths;
  double least = 1e300;
  double most = 0;
  for (const ResultRecord& result : run.results) {
    const double rate = median(result.rates());
    if (rate <= 0 || result.bytes_per_token <= 0 || result.macs_per_token <= 0) continue;
    const double intensity = result.macs_per_token / result.bytes_per_token;
    const double macs = rate * result.macs_per_token / 1e9;
    points.points.push_back({.x = intensity,
                             .y = macs,
                             .title = cat(result.model, " ", result.test(), ": ", significant(macs),
                                          " GMAC/s at ", significant(intensity), " MAC/byte")});
    least = std::min(least, intensity);
    most = std::max(most, intensity);
    if (const double b = bandwidth_of(result); b > 0) bandwidths.push_back(b);
  }
  const double bandwidth = median(bandwidths);
  if (points.points.empty() || bandwidth <= 0 || run.mac_roof <= 0) return "";
  const Plot plot{.title = cat("Roofline of run ", run.id),
                  .x_label = "multiply-adds for each byte that must be read",
                  .y_label = "GMAC/s",
                  .x_scale = Scale::kLog,
                  .y_scale = Scale::kLog,
                  .series = {roof_of(run, bandwidth, least, most), points}};
  return section(plot,
                 "Left of the ridge the bytes decide, right of it arithmetic. The roofs are "
                 "measured: a plain read loop over 1 GiB, and this build's matmul alone.");
}

std::string result_row(const ResultRecord& r) {
  const Summary rate = summarise(r.rates());
  const double bandwidth = bandwidth_of(r);
  const bool is_decode = r.n_prompt == 0 && r.bytes_per_token > 0 && bandwidth > 0;
  const double read = rate.median * r.bytes_per_token;
  return cat("<tr><td>", escape_html(r.model), "</td><td>", r.test(), "</td><td>",
             significant(rate.median), "</td><td>±", fixed(100 * rate.relative_spread(), 1),
             " %</td><td>", rate.n, "</td><td>", is_decode ? significant(read / 1e9) : "",
             "</td><td>", is_decode ? significant(bandwidth / 1e9) : "", "</td><td>",
             is_decode ? cat(fixed(100 * read / bandwidth, 0), " %") : "", "</td></tr>\n");
}

std::string run_section(const RunRecord& run) {
  std::string out =
      cat("<h2>Run ", run.id, " ", escape_html(run.label), "</h2>\n<p class=\"note\">",
          escape_html(run.time), " · ", escape_html(run.engine), " ", escape_html(run.build), " · ",
          escape_html(run.machine), "</p>\n");
  for (const std::string& warning : run.warnings) {
    out += cat("<div class=\"warning\">", escape_html(warning), "</div>\n");
  }
  out +=
      "<div class=\"wide\"><table>\n<tr><th>model</th><th>test</th><th>tok/s</th><th>spread</th>"
      "<th>runs</th><th>GB/s</th><th>of</th><th>BUE</th></tr>\n";
  for (const ResultRecord& result : run.results) out += result_row(result);
  return out + "</table></div>\n";
}

}  // namespace

std::string bench_page(const std::vector<RunRecord>& runs) {
  std::string out =
      cat("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n",
          "<meta name=\"viewport\" content=\"width=device-width\">\n",
          "<title>ridge bench</title>\n<style>", kStyle, "</style>\n", "<h1>ridge bench</h1>\n");
  out += depth_section(runs) + prompt_section(runs) + column_section(runs);
  for (const RunRecord& run : runs) out += roofline_section(run);
  for (const RunRecord& run : runs) out += run_section(run);
  return out + "</html>\n";
}

}  // namespace ridge::cli
