#include "movrec/eval/gate.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "movrec/core/error.hpp"
#include "movrec/core/table.hpp"
#include "movrec/eval/ranking_metrics.hpp"

namespace movrec {
namespace {

[[noreturn]] void fail_to_read(std::string_view text) {
  throw Error(ErrorKind::usage, fmt::format("‹fail-if›: cannot read '{}'", text),
              "expected a metric, one of > >= < <=, and a number", "‹fail-if› 'rmse>0.86'");
}

void check_name(std::string_view name) {
  if (is_ranking_metric(name)) return;
  std::vector<std::string> names;
  for (const RatingMetric& metric : rating_metrics()) names.emplace_back(metric.name);
  const auto add = [&](const auto& metric) { names.push_back(fmt::format("{}@K", metric.name)); };
  std::ranges::for_each(case_metrics(), add);
  std::ranges::for_each(list_metrics(), add);
  if (std::ranges::find(rating_metrics(), name, &RatingMetric::name) == rating_metrics().end())
    fail_unknown("metric", name, fmt::format("{}", fmt::join(names, ", ")), closest_of(name, names));
}

}  // namespace

std::string_view gate_help() {
  static const std::string help = fmt::format(
      "exit with code 5 if this holds: METRIC > >= < <= NUMBER, with {} on all rows, or a ranking metric "
      "such as "
      "map@5; several with commas",
      fmt::join(names_of(rating_metrics()), ", "));
  return help;
}

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

  std::string metric = text.substr(0, at);
  check_name(metric);
  const Gate::Op op = text[at] == '>' ? (or_equal ? Gate::Op::at_least : Gate::Op::above)
                                      : (or_equal ? Gate::Op::at_most : Gate::Op::below);
  return {.metric = std::move(metric), .op = op, .bound = bound, .text = std::move(text)};
}

double value_of(const Gate& gate, const RatingScores* rating, const RankingScores* ranking) {
  if (!gate.is_of_ranking() && rating != nullptr) return rating->value(gate.metric);
  const std::optional<double> value = ranking != nullptr ? ranking->value(gate.metric) : std::nullopt;
  if (!value)
    throw Error(ErrorKind::usage, fmt::format("‹fail-if› {}: {} is not measured", gate.text, gate.metric), {},
                gate.is_of_ranking() ? fmt::format("‹ks› {}", gate.metric.substr(gate.metric.find('@') + 1))
                                     : "a ranking metric, such as map@5: this model predicts no stars");
  return *value;
}

bool fails(const Gate& gate, double value) {
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
