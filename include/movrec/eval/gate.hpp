#pragma once

#include <string>
#include <string_view>

#include "movrec/eval/rating_metrics.hpp"

namespace movrec {

/// One condition of `--fail-if`: "rmse>0.86".
struct Gate {
  enum class Op { above, at_least, below, at_most };
  std::string_view metric;  ///< a name of the metric table
  double RatingScores::*value;
  Op op;
  double bound;
  std::string text;  ///< as the person wrote it, without spaces
};

/// METRIC OP NUMBER with OP one of > >= < <=. Error{usage} lists what is allowed.
Gate parse_gate(std::string_view text);
/// Whether the condition holds, so that the run fails. A NaN fails every gate.
bool fails(const Gate&, const RatingScores&);

}  // namespace movrec
