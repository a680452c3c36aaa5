#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/float_buffer.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/solve/sparsefc/sparsefc.hpp"
#include "solve/common/rating_lists.hpp"
#include "solve/sparsefc/sparsefc_kernels.hpp"

namespace movrec {

/// Where the weights of one layer lie in the vector of all parameters. The first and the last layer have a
/// row for each user, those between one for each unit that they read.
struct SparseFcLayer {
  PanelMatrix shape;                ///< columns: of its hidden layer, padded
  std::size_t n_columns = 0;        ///< without the padding
  std::size_t w = 0, u = 0, v = 0;  ///< first elements of W, of u [rows, dim] and of v [dim, columns]
};

/// The loss of solve/sparsefc/sparsefc.hpp as a function of all parameters in one vector, and its gradient.
///
/// The first layer multiplies the sparse matrix of stars by its weights, the last one is asked for at the
/// ratings only. Both gather rows of panels, for items or for users; what lies between are matrix products.
class SparseFcObjective {
 public:
  SparseFcObjective(const Ratings& train,
                    const Biases& start,
                    const std::vector<std::int64_t>& hidden,
                    const SparseFcOptions&);

  std::size_t size() const { return size_; }
  std::int64_t n_parameters() const;
  /// Weights are uniform as Glorot's, kernel vectors normal with a standard deviation of 1e-3, output biases
  /// those of `start`.
  FloatBuffer start(std::uint64_t seed) const;

  /// The value at x. Elements of the gradient between those of layers and biases are not touched.
  double operator()(std::span<const float> x, std::span<float> gradient);

  double squares() const { return squares_; }  ///< Σ (stars - stars(u, i))² at the last x
  /// At the last x, which is asked for again because the output biases are in there only.
  ItemCodes codes(std::span<const float> x) const;

 private:
  static constexpr std::size_t kChunks = 4;  ///< of the rows of a panel

  /// sums [r, 32 p …] = Σ_k values[k] table[columns[k], 32 p …] over all panels p of a table in panels.
  void gather(const RatingLists&,
              std::span<const Range> chunks,
              const float* values,
              const FloatBuffer& table,
              std::size_t columns,
              float* out,
              const PanelMatrix& out_shape) const;
  void weigh_all(const float* x);
  void forward(const float* x);
  void predict(const float* x);
  void backward(float* gradient);
  double unweigh_all(const float* x, float* gradient);

  std::size_t n_users_, n_items_, dim_;
  WeightPenalty penalty_;
  RatingLists by_item_, by_user_;
  std::vector<std::uint32_t> item_position_;  ///< of each rating of by_user_ in by_item_
  std::vector<Range> item_chunks_, user_chunks_;
  std::vector<float> user_bias_;
  std::vector<SparseFcLayer> layers_;
  std::vector<std::size_t> hidden_bias_;  ///< first element, of each hidden layer
  std::size_t output_bias_ = 0, size_ = 0;

  std::vector<FloatBuffer> effective_;        ///< W ∘ K of each layer
  std::vector<FloatBuffer> hidden_;           ///< [n_items, columns] of each hidden layer
  std::vector<FloatBuffer> hidden_gradient_;  ///< the same
  FloatBuffer codes_panels_, first_gradient_panels_;
  std::vector<float> errors_, errors_by_user_;
  double squares_ = 0;
};

}  // namespace movrec
