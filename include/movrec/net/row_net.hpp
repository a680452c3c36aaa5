#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/net/net.hpp"
#include "movrec/net/options.hpp"
#include "movrec/net/row_batch.hpp"
#include "movrec/net/row_options.hpp"

namespace movrec {

/// Where training stands.
struct RowStep {
  DropoutStep dropout{};
  double epochs = 0;  ///< done, fractions included
  double length = 0;  ///< of a step, in epochs
};

/// What a RowNet is made for.
struct RowNetShape {
  std::int64_t n_columns = 0, n_side = 0;
};

/// A differentiable model of whole rows, say of a user's ratings over all items. Its answer for a column is
/// output_weight()[column] · hidden + output_bias()[column].
class RowNet {
 public:
  virtual ~RowNet();
  std::vector<DenseWeight>& weights() { return weights_; }
  const std::vector<DenseWeight>& weights() const { return weights_; }
  virtual std::int64_t n_parameters() const;

  /// What the last layer multiplies [B, H], as in prediction: without dropout and draws.
  virtual at::Tensor hidden(const RowBatch&) const = 0;
  virtual const at::Tensor& output_weight() const = 0;  ///< [n_columns, H]
  virtual const at::Tensor& output_bias() const = 0;    ///< [n_columns]
  std::int64_t hidden_dim() const;

  /// The batch's mean cost [] in training.
  virtual at::Tensor loss(const RowBatch&, const RowStep&) const = 0;

  // Nets whose parts take turns:
  /// Before anything else of a step.
  virtual void start_step(const RowStep&) {}
  /// Whether the step changes weights()[weight].
  virtual bool trains([[maybe_unused]] std::size_t weight, const RowStep&) const { return true; }
  /// Whether its rows are to have noise and hidden ratings.
  virtual bool wants_noise(const RowStep&) const { return true; }

 protected:
  std::vector<DenseWeight> weights_;
};

/// Moves the weights to a device, where loss and hidden() run from then on.
void move_to(RowNet&, const std::string& device);
/// hidden() on the host, [B, H].
std::vector<float> hidden_values(const RowNet&, const RowBatch&);

/// The nets by the name of their algorithm: autoencoder, profile, multvae, recvae. Weights are drawn from
/// (seed, order of the weight). Error{usage} for options that contradict each other.
std::unique_ptr<RowNet> make_row_net(
    std::string_view name, const RowNetShape&, const NetOptions&, const RowNetOptions&, std::uint64_t seed);

}  // namespace movrec
