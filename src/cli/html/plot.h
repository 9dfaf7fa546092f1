// A line or scatter plot as inline SVG, without scripts; colours come from the page's style, so
// that it follows light and dark. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ridge::cli {

enum class Scale { kLinear, kLog };  // linear axes begin at 0; log axes take positive values
enum class Mark { kLine, kLineAndPoints, kPoints };

struct PlotPoint {
  double x = 0;
  double y = 0;
  double low = 0;  // an error bar from low to high; none when equal
  double high = 0;
  std::string title;  // shown when pointed at
};

struct PlotSeries {
  std::string name;  // of the legend; empty: not in it
  Mark mark = Mark::kLineAndPoints;
  int colour = 0;  // class s0, s1, … of the page's style; -1: the class "roof"
  std::vector<PlotPoint> points;
};

struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  Scale x_scale = Scale::kLinear;
  Scale y_scale = Scale::kLinear;
  std::vector<PlotSeries> series;
};
std::string svg(const Plot& plot);  // empty when there is no point

// Where an axis from `least` to `most` has its marks: 1, 2 or 5 times a power of ten.
std::vector<double> linear_ticks(double least, double most);
std::vector<double> log_ticks(double least, double most);
std::string tick_label(double value);  // "0", "500", "4k", "1.5M", "0.05"

std::string escape_html(std::string_view text);
inline constexpr int kPlotColours = 6;

}  // namespace ridge::cli
