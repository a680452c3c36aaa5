#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/history.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/net/options.hpp"
#include "movrec/net/score_estimates.hpp"

namespace movrec {

enum class Side { user, item };

/// Weights of which a batch touches only the rows of its users or items.
struct EmbeddingTable {
  std::string name;
  Side side;
  at::Tensor weight;  ///< [n_users or n_items, d]
};

/// Weights that every batch touches; they require gradients.
struct DenseWeight {
  std::string name;
  at::Tensor weight;
};

/// Which dropout masks a forward pass in training draws (ops/dropout.hpp).
struct DropoutStep {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
};

class GradientPass;

/// Ratings of one user as a function of his row (the rows of all user tables, one after another) on the CPU,
/// with the items and all weights held. The net must outlive it, its weights must not be replaced meanwhile.
class UserRatings {
 public:
  virtual ~UserRatings();
  /// Each rating's raw number, before it becomes stars: raw [n] of row [width], and where `jacobian` is not
  /// null its derivatives by the row, [n, width], rows `stride` floats apart.
  virtual void raw(std::span<const float> row, std::span<float> raw, float* jacobian, std::size_t stride) = 0;
  /// The sum of the ratings' costs as in training; slopes[k] = d cost / d raw[k].
  virtual double cost(std::span<const float> raw, std::span<float> slopes) const = 0;
};

/// A differentiable model of the stars of (user, item) pairs. Embedding rows are gathered outside, so that
/// their gradients are those of the batch's rows and never of a whole table.
class Net {
 public:
  virtual ~Net();
  std::vector<EmbeddingTable>& tables() { return tables_; }
  const std::vector<EmbeddingTable>& tables() const { return tables_; }
  std::vector<DenseWeight>& weights() { return weights_; }
  const std::vector<DenseWeight>& weights() const { return weights_; }
  std::int64_t n_parameters() const;
  /// Multiplications and additions of one row forward and back, as matrix products count them: 6 for each
  /// weight that multiplies an input. What embeddings, activations and the optimizer cost comes on top.
  virtual std::int64_t flops_per_row() const;

  /// Stars [B] from rows[t] = tables()[t].weight's rows [B, d_t] of the batch. `dropout` null: none, as in
  /// prediction.
  virtual at::Tensor forward(std::span<const at::Tensor> rows, const DropoutStep* dropout) const = 0;

  /// The mean cost [] of the batch that `forward` was given, for stars [B]: the squared error unless the net
  /// has another loss.
  virtual at::Tensor loss(std::span<const at::Tensor> rows,
                          const at::Tensor& stars,
                          const DropoutStep* dropout) const;

  /// Stars [B] of the pairs users [B], items [B] (int32). Equals `forward` without dropout up to rounding.
  virtual at::Tensor predict(const at::Tensor& users, const at::Tensor& items) const;

  /// Stars [U, I] of items [I] (int32) for users with these rows of the user tables, [U, d_t] each, in the
  /// order of tables(). What depends on the user or the item alone is computed once; equals `forward` on
  /// every pair up to rounding.
  virtual at::Tensor score_rows(std::span<const at::Tensor> user_rows, const at::Tensor& items) const = 0;
  /// The same for users [U] (int32) of the tables.
  at::Tensor score(const at::Tensor& users, const at::Tensor& items) const;

  /// `score_rows` for whoever looks for the best items; null where that is as fast. The net must outlive it,
  /// its weights must not be replaced meanwhile.
  virtual std::unique_ptr<ScoreEstimates> estimate_rows(std::span<const at::Tensor> user_rows,
                                                        const at::Tensor& items) const;

  /// The history's items must be rows of the tables.
  virtual std::unique_ptr<UserRatings> ratings_of(const History&) const = 0;

  /// Kernels of its own for training on the CPU; null: none.
  virtual std::unique_ptr<GradientPass> make_cpu_pass() const;

 protected:
  std::vector<EmbeddingTable> tables_;
  std::vector<DenseWeight> weights_;
};

/// What a Net is made for.
struct NetShape {
  std::int64_t n_users = 0, n_items = 0;
  StarScale stars;
  double mean = 0;  ///< of the training stars; added where global_mean is on
};

/// Which parts a pair net is the sum of; one row per model.
///   product: Σ_f p_uf q_if, or with a weight per factor (GMF: He et al., "Neural collaborative filtering",
///   WWW 2017, eq. 9) tower:   a multi-layer perceptron over the two concatenated embeddings (ibid., eq. 10)
/// NeuMF is weighted product and tower under one output layer (eq. 12).
struct PairNetParts {
  std::string_view name;
  bool product = false, weighted_product = false, tower = false;
};
std::span<const PairNetParts> pair_nets();

/// Weights are drawn from (seed, name of the weight), the same at any thread count. Error{usage} for options
/// that contradict each other.
std::unique_ptr<Net> make_pair_net(std::string_view name,
                                   const NetShape&,
                                   const NetOptions&,
                                   std::uint64_t seed);

}  // namespace movrec
