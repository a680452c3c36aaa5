#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "movrec/data/history.hpp"
#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/net.hpp"
#include "solve/common/gauss_newton.hpp"

namespace movrec {

/// The rows of all tables of one side, side by side in the order of a net's tables.
std::vector<float> joined_rows(const Net&, Side, bool with_bias);

/// A new user's row by his ratings: the net's cost of them, the penalty of training once per rating, and what
/// the other users' rows are like. The net lies on the CPU and must outlive it.
class NetFoldIn {
 public:
  NetFoldIn(const Net&, const ModelSpec&, std::span<const std::int32_t> known_users);
  /// `row` as joined_rows has it, with bias.
  void solve(const History&, std::span<float> row) const;

 private:
  const Net& net_;
  RowPrior prior_;
  double noise_, l2_;
};

}  // namespace movrec
