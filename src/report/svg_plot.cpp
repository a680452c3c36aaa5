#include "movrec/report/svg_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace movrec {
namespace {

constexpr double kWidth = 720, kHeight = 440, kLeft = 88, kRight = 24, kTop = 64, kBottom = 58;
constexpr int kAboutTicks = 6;
constexpr std::size_t kMostMarkedPoints = 60;
/// The palette of Okabe and Ito, which colour-blind people can tell apart.
constexpr std::array<std::string_view, 6> kColours{"#0072B2", "#D55E00", "#009E73",
                                                   "#CC79A7", "#E69F00", "#56B4E9"};

std::string escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else
      escaped += c;
  }
  return escaped;
}

/// One direction of the plot: data from `low` to `high` with ticks `step` apart, drawn from `from` to `to`.
struct Axis {
  double low, high, step, from, to;

  double place(double value) const { return from + (value - low) / (high - low) * (to - from); }
  /// A tick's number with as many decimals as the step needs; far from 1 as a power of ten.
  std::string label(double tick) const {
    if (std::abs(tick) < step / 2) tick = 0;
    const int exponent = static_cast<int>(std::floor(std::log10(step) + 1e-9));
    if (exponent < -5 || std::max(std::abs(low), std::abs(high)) >= 1e7) return fmt::format("{:.4g}", tick);
    return fmt::format("{:.{}f}", tick, std::max(0, -exponent));
  }
  std::vector<double> ticks() const {
    std::vector<double> values;
    const double first = std::ceil(low / step - 1e-9);
    for (int k = 0; (first + k) * step <= high + 1e-9 * step; ++k) values.push_back((first + k) * step);
    return values;
  }
};

/// The smallest of 1, 2, 5, 10 times a power of ten that makes about kAboutTicks steps of `range`.
double round_step(double range) {
  const double raw = range / kAboutTicks;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

/// An axis over all finite values of a column; with `whole`, ticks at whole numbers only and no margin.
Axis make_axis(
    std::span<const Series> series, std::vector<double> Series::*column, bool whole, double from, double to) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Series& one : series)
    for (std::size_t k = 0; k < one.x.size(); ++k)
      if (std::isfinite(one.x[k]) && std::isfinite(one.y[k])) {
        low = std::min(low, (one.*column)[k]);
        high = std::max(high, (one.*column)[k]);
      }
  if (low > high) low = 0, high = 1;
  if (high - low <= 1e-12 * std::max(std::abs(low), std::abs(high))) {  // one point, or a flat line
    const double margin = whole || low == 0 ? 0.5 : std::abs(low) / 2;
    low -= margin, high += margin;
  }
  double step = round_step(high - low);
  if (whole) step = std::max(step, 1.0);
  if (!whole) low = std::floor(low / step + 1e-9) * step, high = std::ceil(high / step - 1e-9) * step;
  return {low, high, step, from, to};
}

std::string polyline(const Series& series, std::string_view colour, const Axis& x, const Axis& y) {
  std::string path, markers;
  bool pen_down = false;
  for (std::size_t k = 0; k < series.x.size(); ++k) {
    if (!std::isfinite(series.x[k]) || !std::isfinite(series.y[k])) {
      pen_down = false;
      continue;
    }
    const double px = x.place(series.x[k]), py = y.place(series.y[k]);
    path += fmt::format("{}{:.2f} {:.2f}", pen_down ? "L" : "M", px, py);
    pen_down = true;
    if (series.x.size() <= kMostMarkedPoints)
      markers += fmt::format(R"(<circle cx="{:.2f}" cy="{:.2f}" r="3"/>)", px, py);
  }
  return fmt::format(
      R"(<path d="{}" fill="none" stroke="{}" stroke-width="2" stroke-linejoin="round"/><g fill="{}">{}</g>)"
      "\n",
      path, colour, colour, markers);
}

}  // namespace

std::string line_plot(std::string_view title,
                      std::string_view x_label,
                      std::string_view y_label,
                      std::span<const Series> series) {
  const bool whole_x = std::all_of(series.begin(), series.end(), [](const Series& one) {
    return std::all_of(one.x.begin(), one.x.end(), [](double x) { return x == std::floor(x); });
  });
  const Axis x = make_axis(series, &Series::x, whole_x, kLeft, kWidth - kRight);
  const Axis y = make_axis(series, &Series::y, false, kHeight - kBottom, kTop);

  std::string svg =
      fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" )"
                  R"(font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#333">)"
                  "\n"
                  R"(<rect width="{0}" height="{1}" fill="white"/>)"
                  "\n"
                  R"(<text x="{2}" y="28" font-size="17" font-weight="bold">{3}</text>)"
                  "\n",
                  kWidth, kHeight, kLeft, escape(title));

  for (double tick : y.ticks())
    svg += fmt::format(
        R"(<path d="M{} {:.2f}H{}" stroke="#e4e4e4"/><text x="{}" y="{:.2f}" text-anchor="end">{}</text>)"
        "\n",
        kLeft, y.place(tick), kWidth - kRight, kLeft - 9, y.place(tick) + 4.5, y.label(tick));
  for (double tick : x.ticks())
    svg += fmt::format(
        R"(<path d="M{0:.2f} {1}v5" stroke="#888"/><text x="{0:.2f}" y="{2}" text-anchor="middle">{3}</text>)"
        "\n",
        x.place(tick), kHeight - kBottom, kHeight - kBottom + 20, x.label(tick));
  svg += fmt::format(R"(<path d="M{} {}V{}H{}" fill="none" stroke="#888"/>)"
                     "\n",
                     kLeft, kTop, kHeight - kBottom, kWidth - kRight);
  svg += fmt::format(R"(<text x="{}" y="{}" text-anchor="middle">{}</text>)"
                     "\n",
                     (kLeft + kWidth - kRight) / 2, kHeight - 16, escape(x_label));
  svg += fmt::format(R"svg(<text transform="translate(19 {}) rotate(-90)" text-anchor="middle">{}</text>)svg"
                     "\n",
                     (kTop + kHeight - kBottom) / 2, escape(y_label));

  double legend_x = kLeft;
  for (std::size_t k = 0; k < series.size(); ++k) {
    const std::string_view colour = kColours[k % kColours.size()];
    svg += polyline(series[k], colour, x, y);
    if (series.size() == 1) continue;
    svg += fmt::format(
        R"(<path d="M{:.1f} 46h20" stroke="{}" stroke-width="3"/><text x="{:.1f}" y="50.5">{}</text>)"
        "\n",
        legend_x, colour, legend_x + 26, escape(series[k].label));
    legend_x += 50 + 7.2 * static_cast<double>(series[k].label.size());
  }
  return svg + "</svg>\n";
}

}  // namespace movrec
