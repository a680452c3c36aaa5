#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace movrec {

/// One line of a plot. Points with a NaN or an infinity are left out and break the line.
struct Series {
  std::string label;
  std::vector<double> x, y;  ///< of the same length
};

/// An SVG document of 720 x 440 with axes, ticks at round numbers, title and, for more than one series, a
/// legend. Nothing in it depends on the machine or the time.
std::string line_plot(std::string_view title,
                      std::string_view x_label,
                      std::string_view y_label,
                      std::span<const Series> series);

}  // namespace movrec
