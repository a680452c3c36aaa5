#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "movrec/core/state_dict.hpp"
#include "movrec/net/row_net.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

/// Which rows make a batch, and how.
struct RowDraw {
  std::span<const std::uint32_t> rows;
  std::span<const std::uint64_t> streams;  ///< what is random about rows[k] belongs to (seed, streams[k])
  std::uint64_t seed = 0;
  bool with_noise = true;  ///< and hidden ratings
};

/// The rows that a RowTrainer draws its batches from.
struct RowSource {
  std::int64_t n_rows = 0;
  int passes = 1;  ///< over the rows in an epoch
  std::function<RowBatch(const RowDraw&)> batch;
};

/// Trains a RowNet, one step after the other; a Solver of model/common/solver_fit.hpp.
class RowTrainer {
 public:
  RowTrainer(std::shared_ptr<RowNet>, RowSource, const RowTrainOptions&);
  RowTrainer(RowTrainer&&) noexcept;
  ~RowTrainer();

  int steps_per_epoch() const;
  /// One step on the next batch of the epoch's permutation of rows.
  void step(double lr);
  std::int64_t steps() const;
  /// Mean loss of the epoch's rows so far.
  double loss() const;

  StateDict state() const;
  void load(const StateDict&);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
