#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/sparsefc/sparsefc_options.hpp"

namespace movrec {

/// stars(u, i) = bias[u] + decoder[u] · codes[i].
struct ItemCodes {
  std::size_t dim = 0;
  std::vector<float> codes, decoder;  ///< [n_items, dim], [n_users, dim]
  std::vector<float> bias;            ///< [n_users]
};

/// An autoencoder of items: from the stars that an item's raters gave it, 0 for everybody else, through
/// hidden layers of sigmoids to the stars that each user would give it. The weights of each layer are W ∘ K,
/// where K_ij = max(0, 1 - |u_i - v_j|²) of trained vectors (Muller, Martel and Indiveri, "Kernelized
/// synaptic weight matrices", ICML 2018); without kernels and with one hidden layer it is I-AutoRec (Sedhain,
/// Menon, Sanner and Xie, "AutoRec: autoencoders meet collaborative filtering", WWW 2015). The loss
///
///     ½ Σ (stars - stars(u, i))² + Σ_layers [½ √n weight_l2 |W|² + ½ kernel_l2 |K|²]
///
/// over all n ratings at once is minimised by L-BFGS. The paper's penalties, 60 of weights and 0.013 of
/// kernels for ml-1m, 20 and 0.006 for ml-100k, grow with the root of n. Results are the same to the bit at
/// any number of threads.
class SparseFc {
 public:
  /// `hidden`: the widths of the hidden layers, at least one.
  SparseFc(const Ratings& train,
           const Biases& start,
           const std::vector<std::int64_t>& hidden,
           const SparseFcOptions&,
           std::uint64_t seed);
  ~SparseFc();
  SparseFc(SparseFc&&) noexcept;

  void step();                       ///< an iteration of L-BFGS
  std::int64_t steps() const;        ///< done so far
  std::int64_t evaluations() const;  ///< of loss and gradient, so far
  double loss() const;  ///< mean squared error on the training ratings, without penalties; 0 before any step
  ItemCodes codes() const;
  std::int64_t n_parameters() const;

  StateDict state() const;
  /// Goes on from an earlier state(), bit by bit. Error{model}.
  void load(const StateDict&);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
