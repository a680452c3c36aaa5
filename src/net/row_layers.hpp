#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "movrec/net/row_net.hpp"

namespace movrec {

using Activation = at::Tensor (*)(const at::Tensor&);
Activation find_activation(const std::string& name);

/// SparseRows on a device, for sums over them and picks from dense rows.
struct RowTensors {
  RowTensors(const SparseRows&, const at::Device&);
  at::Tensor begins;   ///< [B] int64
  at::Tensor columns;  ///< [n] int64
  at::Tensor values;   ///< [n] float

  std::int64_t n() const { return columns.size(0); }
  /// Position of each of the n in a dense [B, n_columns], flattened.
  at::Tensor positions(std::int64_t n_columns) const;
  /// [B] int64: how many each row holds.
  at::Tensor lengths() const;
  /// [B, n_columns], zero elsewhere.
  at::Tensor dense(std::int64_t n_columns) const;
};

/// rows · weight, with weight [n_columns, H]: a column's weights lie together, so that few are read.
at::Tensor sparse_product(const RowTensors& rows, const at::Tensor& weight);

/// RowNets whose layers are linear, made one after the other.
class LayeredRowNet : public RowNet {
 public:
  LayeredRowNet(const NetOptions& net, const RowNetOptions& options, std::uint64_t seed);
  const at::Tensor& output_weight() const override { return tensor(output_weight_); }
  const at::Tensor& output_bias() const override { return tensor(output_bias_); }

 protected:
  using At = std::size_t;  ///< a place in weights()
  /// Weight [outputs, inputs] and bias [outputs] of a linear layer.
  struct Linear {
    At weight, bias;
  };
  At add(std::string name, const at::Tensor&);
  Linear add_linear(const std::string& name, std::int64_t outputs, std::int64_t inputs);
  /// A layer over columns and side inputs: weight [n_columns, outputs] and [outputs, n_side].
  void add_input(const RowNetShape&, std::int64_t outputs);
  void add_output(std::int64_t n_columns, std::int64_t inputs);

  const at::Tensor& tensor(At at) const { return weights_[at].weight; }
  at::Device device() const { return tensor(0).device(); }
  at::Tensor apply(const Linear&, const at::Tensor& x) const;
  /// Layer after layer, each activated; with a step, each input of them is dropped from.
  at::Tensor run(std::span<const Linear>, at::Tensor x, const RowStep* = nullptr) const;
  at::Tensor apply_input(const RowTensors&, const RowBatch&) const;
  at::Tensor activate(const at::Tensor& x) const { return activation_(x); }
  at::Tensor output(const at::Tensor& hidden) const;
  /// N(0, 1) numbers that belong to the step, drawn on the CPU: the same on every device.
  static at::Tensor normal_like(const at::Tensor& like, const RowStep&);
  /// x with a share --dropout left out in training; as it is without a step.
  at::Tensor drop(const at::Tensor& x, const RowStep*, std::uint32_t layer) const;

  NetOptions net_;
  RowNetOptions options_;
  At input_weight_ = 0, input_bias_ = 0, side_weight_ = 0, output_weight_ = 0, output_bias_ = 0;
  bool has_side_ = false;

 private:
  std::uint64_t next_seed();
  Activation activation_;
  std::uint64_t seed_, n_seeds_ = 0;
};

std::unique_ptr<RowNet> make_autoencoder(const RowNetShape&,
                                         const NetOptions&,
                                         const RowNetOptions&,
                                         std::uint64_t seed);
std::unique_ptr<RowNet> make_profile_net(const RowNetShape&,
                                         const NetOptions&,
                                         const RowNetOptions&,
                                         std::uint64_t seed);
std::unique_ptr<RowNet> make_multvae(const RowNetShape&,
                                     const NetOptions&,
                                     const RowNetOptions&,
                                     std::uint64_t seed);
std::unique_ptr<RowNet> make_recvae(const RowNetShape&,
                                    const NetOptions&,
                                    const RowNetOptions&,
                                    std::uint64_t seed);

}  // namespace movrec
