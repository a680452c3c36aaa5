#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "movrec/net/net.hpp"
#include "movrec/ops/row_gradients.hpp"

namespace movrec {

/// B ratings on the net's device, with the embedding rows they use.
struct Batch {
  at::Tensor users, items;  ///< [B] int32
  at::Tensor stars;         ///< [B] float
  const RowGroups& user_rows;
  const RowGroups& item_rows;

  const RowGroups& rows(Side side) const { return side == Side::user ? user_rows : item_rows; }
};

/// The gradients of a batch's loss.
struct BatchGradients {
  at::Tensor loss;                 ///< [] the loss itself
  std::vector<at::Tensor> tables;  ///< for each of net.tables() [R, d]: summed over the positions of a row
  std::vector<at::Tensor> dense;   ///< for each of net.weights(), of its shape; undefined: is left as it is
};

/// Forward and backward over one batch after another, in buffers that it keeps.
class GradientPass {
 public:
  virtual ~GradientPass() = default;
  /// The result lives until the next call; the caller may change it.
  virtual BatchGradients& run(const Batch&, const DropoutStep&) = 0;
  /// Seconds spent in each phase so far, by name.
  virtual std::vector<std::pair<std::string, double>> phases() const = 0;
};

/// By Net::forward and LibTorch's autograd: any net on any device, and the reference of faster ones.
/// `amp`: with bfloat16 in the matrix products of a GPU (LibTorch's autocast); weights, sums and loss stay
/// float.
std::unique_ptr<GradientPass> make_autograd_pass(const Net&, bool amp = false);

/// On the CPU: the net's own kernels where it has some, else autograd.
std::unique_ptr<GradientPass> make_gradient_pass(const Net&);

}  // namespace movrec
