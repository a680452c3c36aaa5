#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "movrec/model/table/algorithm.hpp"
#include "support/options.hpp"

namespace movrec::test {

/// A row of the algorithm table, and the solver that fits it (empty: the only one).
struct TableRow {
  Algorithm algorithm;
  std::string solver;
};

/// All that `train` can make.
inline std::vector<TableRow> table_rows() {
  std::vector<TableRow> rows;
  for (const Algorithm& algorithm : algorithms()) {
    if (algorithm.fit == nullptr) continue;
    if (algorithm.solvers.empty()) rows.push_back({algorithm, ""});
    for (const Solver& solver : algorithm.solvers) rows.push_back({algorithm, std::string(solver.name)});
  }
  return rows;
}

/// For INSTANTIATE_TEST_SUITE_P.
inline std::string row_name(const testing::TestParamInfo<TableRow>& test) {
  std::string name =
      std::string(test.param.algorithm.name) + (test.param.solver.empty() ? "" : "_") + test.param.solver;
  std::ranges::replace(name, '-', '_');
  return name;
}

/// The row's defaults, made small: a fit takes milliseconds.
inline ModelSpec small_spec(const TableRow& row, const Ratings& train, StarScale stars) {
  ModelSpec spec{std::string(row.algorithm.name), default_options(row.algorithm, row.solver), train.n_users,
                 train.n_items, stars};
  set_known(spec.options, {{"embedding-dim", "8"},
                           {"layers", "16,16,8"},
                           {"epochs", "3"},
                           {"batch-size", "64"},
                           {"sweeps", "20"},
                           {"burn-in", "4"}});
  return spec;
}

}  // namespace movrec::test
