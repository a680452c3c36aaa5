#pragma once

#include <string>
#include <string_view>

#include "movrec/eval/ranking.hpp"
#include "movrec/eval/rating_metrics.hpp"

namespace movrec {

/// One condition of `--fail-if`: "rmse>0.86", "map@5<0.5".
struct Gate {
  enum class Op { above, at_least, below, at_most };
  std::string metric;
  Op op;
  double bound;
  std::string text;  ///< as the person wrote it, without spaces

  bool is_of_ranking() const { return metric.find('@') != std::string::npos; }
};

/// What `--fail-if` says of itself in help, with the metrics' names.
std::string_view gate_help();

/// METRIC OP NUMBER with OP one of > >= < <=. Error{usage} lists what is allowed.
Gate parse_gate(std::string_view text);
/// The figure that the gate looks at. Error{usage} if it was not measured (a null pointer, another K).
double value_of(const Gate&, const RatingScores*, const RankingScores*);
/// Whether the condition holds for the value, so that the run fails. A NaN fails every gate.
bool fails(const Gate&, double value);

}  // namespace movrec
