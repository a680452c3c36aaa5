#include "movrec/eval/gate.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "movrec/core/error.hpp"

namespace movrec {
namespace {

struct Metric {
  std::string_view name;
  double RatingScores::*value;
};
constexpr std::array kMetrics{Metric{"rmse", &RatingScores::rmse}, Metric{"mae", &RatingScores::mae},
                              Metric{"mse", &RatingScores::mse},
                              Metric{"rmse_unclipped", &RatingScores::rmse_unclipped}};

[[noreturn]] void fail_to_read(std::string_view text) {
  throw Error(ErrorKind::usage, fmt::format("--fail-if: cannot read '{}'", text),
              "expected a metric, one of > >= < <=, and a number", "--fail-if 'rmse>0.86'");
}

const Metric& find_metric(std::string_view name) {
  std::vector<std::string_view> names;
  std::string known;
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) return metric;
    names.push_back(metric.name);
    known += (known.empty() ? "" : ", ") + std::string(metric.name);
  }
  fail_unknown("metric", name, known, closest_of(name, names));
}

}  // namespace

Gate parse_gate(std::string_view given) {
  std::string text(given);
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  const std::size_t at = text.find_first_of("<>");
  if (at == std::string::npos || at == 0) fail_to_read(given);
  const bool or_equal = text.compare(at + 1, 1, "=") == 0;
  const char* const number = text.data() + at + (or_equal ? 2 : 1);
  const char* const end = text.data() + text.size();
  double bound = 0;
  const auto [read, error] = std::from_chars(number, end, bound);
  if (error != std::errc() || read != end || !std::isfinite(bound)) fail_to_read(given);

  const Metric& metric = find_metric(std::string_view(text).substr(0, at));
  const Gate::Op op = text[at] == '>' ? (or_equal ? Gate::Op::at_least : Gate::Op::above)
                                      : (or_equal ? Gate::Op::at_most : Gate::Op::below);
  return {.metric = metric.name, .value = metric.value, .op = op, .bound = bound, .text = std::move(text)};
}

bool fails(const Gate& gate, const RatingScores& scores) {
  const double value = scores.*gate.value;
  switch (gate.op) {
    case Gate::Op::above:
      return !(value <= gate.bound);
    case Gate::Op::at_least:
      return !(value < gate.bound);
    case Gate::Op::below:
      return !(value >= gate.bound);
    case Gate::Op::at_most:
      return !(value > gate.bound);
  }
  return true;
}

}  // namespace movrec
