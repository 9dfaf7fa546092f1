#include "cli/html/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/strcat.h"

namespace ridge::cli {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 360;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 36;
constexpr double kBottom = 52;
constexpr double kLegendLine = 18;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
  void include(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

// One axis: values to pixels.
class Axis {
 public:
  Axis(Scale scale, Range range, double begin, double end)
      : scale_(scale), begin_(begin), end_(end) {
    if (scale == Scale::kLinear) {
      ticks_ = linear_ticks(0, range.most > 0 ? range.most : 1);
      range_ = {0, std::max(ticks_.back(), range.most)};
    } else {
      range_ = {range.least / 1.25, range.most * 1.25};
      ticks_ = log_ticks(range_.least, range_.most);
    }
  }
  const std::vector<double>& ticks() const { return ticks_; }
  double pixel(double value) const {
    const auto on = [this](double v) { return scale_ == Scale::kLog ? std::log(v) : v; };
    const double share = (on(value) - on(range_.least)) / (on(range_.most) - on(range_.least));
    return begin_ + share * (end_ - begin_);
  }

 private:
  Scale scale_;
  Range range_;
  double begin_;
  double end_;
  std::vector<double> ticks_;
};

struct Frame {
  Axis x;
  Axis y;
  double height;
};

bool is_drawable(const Plot& plot, const PlotPoint& p) {
  const bool finite = std::isfinite(p.x) && std::isfinite(p.y);
  return finite && (plot.x_scale == Scale::kLinear || p.x > 0) &&
         (plot.y_scale == Scale::kLinear || p.y > 0);
}

std::string line(const char* style, double x1, double y1, double x2, double y2) {
  return cat("<line class=\"", style, "\" x1=\"", number(x1), "\" y1=\"", number(y1), "\" x2=\"",
             number(x2), "\" y2=\"", number(y2), "\"/>\n");
}

std::string label(const char* anchor, double x, double y, std::string_view text) {
  return cat("<text x=\"", number(x), "\" y=\"", number(y), "\" text-anchor=\"", anchor, "\">",
             escape_html(text), "</text>\n");
}

std::string axes(const Plot& plot, const Frame& frame) {
  const double bottom = kHeight - kBottom;
  std::string out;
  for (double tick : frame.x.ticks()) {
    const double x = frame.x.pixel(tick);
    out += line("grid", x, kTop, x, bottom) + label("middle", x, bottom + 18, tick_label(tick));
  }
  for (double tick : frame.y.ticks()) {
    const double y = frame.y.pixel(tick);
    out += line("grid", kLeft, y, kWidth - kRight, y) +
           label("end", kLeft - 8, y + 4, tick_label(tick));
  }
  out += line("axis", kLeft, bottom, kWidth - kRight, bottom);
  out += line("axis", kLeft, kTop, kLeft, bottom);
  out += label("middle", (kLeft + kWidth - kRight) / 2, bottom + 40, plot.x_label);
  out += label("start", 8, kTop - 18, plot.y_label);
  return out;
}

std::string class_of(const PlotSeries& series) {
  return series.colour < 0 ? "roof" : cat("s", series.colour % kPlotColours);
}

std::string path_of(const Plot& plot, const PlotSeries& series, const Frame& frame) {
  std::string path;
  for (const PlotPoint& p : series.points) {
    if (!is_drawable(plot, p)) continue;
    path +=
        cat(path.empty() ? "M" : " L", number(frame.x.pixel(p.x)), " ", number(frame.y.pixel(p.y)));
  }
  return cat("<path class=\"line ", class_of(series), "\" d=\"", path, "\"/>\n");
}

std::string point_of(const PlotPoint& p, const PlotSeries& series, const Frame& frame) {
  const double x = frame.x.pixel(p.x);
  std::string out;
  if (p.high > p.low && p.low > 0) {
    out += line(cat("bar ", class_of(series)).c_str(), x, frame.y.pixel(p.low), x,
                frame.y.pixel(p.high));
  }
  return cat(out, "<circle class=\"point ", class_of(series), "\" cx=\"", number(x), "\" cy=\"",
             number(frame.y.pixel(p.y)), "\" r=\"4\"><title>", escape_html(p.title),
             "</title></circle>\n");
}

std::string legend(const Plot& plot) {
  std::string out;
  double y = kHeight + 4;
  for (const PlotSeries& series : plot.series) {
    if (series.name.empty()) continue;
    out += line(cat("line ", class_of(series)).c_str(), kLeft, y, kLeft + 22, y);
    out += label("start", kLeft + 30, y + 4, series.name);
    y += kLegendLine;
  }
  return out;
}

double height_of(const Plot& plot) {
  const auto named = std::count_if(plot.series.begin(), plot.series.end(),
                                   [](const PlotSeries& s) { return !s.name.empty(); });
  return kHeight + kLegendLine * double(named);
}

}  // namespace

std::string svg(const Plot& plot) {
  Range x;
  Range y;
  for (const PlotSeries& series : plot.series) {
    for (const PlotPoint& p : series.points) {
      if (!is_drawable(plot, p)) continue;
      x.include(p.x);
      y.include(p.y);
      if (p.low > 0) y.include(p.low);
      if (p.high > 0) y.include(p.high);
    }
  }
  if (x.least > x.most) return "";
  const Frame frame{.x = Axis(plot.x_scale, x, kLeft, kWidth - kRight),
                    .y = Axis(plot.y_scale, y, kHeight - kBottom, kTop),
                    .height = height_of(plot)};
  std::string out =
      cat("<svg viewBox=\"0 0 ", number(kWidth), " ", number(frame.height),
          "\" role=\"img\" aria-label=\"", escape_html(plot.title), "\">\n", axes(plot, frame));
  for (const PlotSeries& series : plot.series) {
    if (series.mark != Mark::kPoints) out += path_of(plot, series, frame);
    if (series.mark == Mark::kLine) continue;
    for (const PlotPoint& p : series.points) {
      if (is_drawable(plot, p)) out += point_of(p, series, frame);
    }
  }
  return cat(out, legend(plot), "</svg>\n");
}

std::vector<double> linear_ticks(double least, double most) {
  constexpr double kWanted = 6;
  const double raw = (most - least) / kWanted;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> ticks;
  const auto first = int64_t(std::ceil(least / step - 1e-9));
  const auto last = int64_t(std::ceil(most / step - 1e-9));
  for (int64_t i = first; i <= last; ++i) ticks.push_back(double(i) * step);
  return ticks;
}

std::vector<double> log_ticks(double least, double most) {
  std::vector<double> ticks;
  const bool wide = most / least > 1000;
  for (double power = std::pow(10, std::floor(std::log10(least))); power <= most; power *= 10) {
    for (double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * power;
      if (wide && factor != 1.0) continue;
      if (tick >= least && tick <= most) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::string tick_label(double value) {
  const double size = std::abs(value);
  const char* unit = size >= 1e9 ? "G" : size >= 1e6 ? "M" : size >= 1e3 ? "k" : "";
  const double scale = size >= 1e9 ? 1e9 : size >= 1e6 ? 1e6 : size >= 1e3 ? 1e3 : 1;
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value / scale);
  return cat(text, unit);
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace ridge::cli
