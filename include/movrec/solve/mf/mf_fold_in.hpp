#pragma once

#include <span>
#include <vector>

#include "movrec/data/history.hpp"
#include "movrec/solve/mf/mf_als.hpp"
#include "movrec/solve/mf/mf_options.hpp"

namespace movrec {

/// The user step of MfAls for users that it was not trained on, with the items held: their factors, their
/// bias and how far their ratings are to be relied on.
class MfAlsFoldIn {
 public:
  /// Of `tables` the items' are read; `mean` is that of the training stars.
  MfAlsFoldIn(const MfTables& tables, MfPrior, const MfShape&, const MfAlsOptions&, double mean);

  /// Fills `row`: the bias, in a model that has such, then the factors [dim]. All items have training
  /// ratings.
  void solve(const History&, std::span<float> row) const;

 private:
  MfShape shape_;
  std::size_t dim_;  ///< padded
  double noise_damping_;
  float offset_;
  MfPrior prior_;  ///< with padded columns
  std::vector<float> factors_, bias_;
};

}  // namespace movrec
