#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/solve/bias.hpp"

namespace movrec {

struct SparseFcOptions {
  std::string kernel = "finite-support";
  int kernel_dim = 5;
  double kernel_l2 = 0.013;
  double weight_l2 = 60;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "kernel",
                .help = "sparsefc: what weighs each weight by where its two ends lie: finite-support is "
                        "max(0, 1 - distance²); none is a plain autoencoder (I-AutoRec)",
                .choices = {"finite-support", "none"}},
          self.kernel);
    visit(Field{.name = "kernel-dim", .help = "dimensions that the ends lie in", .min = 1, .max = 64},
          self.kernel_dim);
    visit(Field{.name = "kernel-l2",
                .help = "L2 penalty on the kernel, which thins it out",
                .min = 0,
                .max = 1e6},
          self.kernel_l2);
    visit(Field{.name = "weight-l2", .help = "L2 penalty on the weights of all layers", .min = 0, .max = 1e9},
          self.weight_l2);
  }
};

/// stars(u, i) = bias[u] + decoder[u] · codes[i].
struct ItemCodes {
  std::size_t dim = 0;
  std::vector<float> codes, decoder;  ///< [n_items, dim], [n_users, dim]
  std::vector<float> bias;            ///< [n_users]
};

/// An autoencoder of items: the stars that an item's raters gave it, 0 of everybody else, through hidden
/// layers of sigmoids to the stars that anybody would give it. Each layer's weights are W ∘ K with
/// K_ij = max(0, 1 - |u_i - v_j|²) of trained vectors (Muller, Martel and Indiveri, "Kernelized synaptic
/// weight matrices", ICML 2018, section 3.2); without kernels and with one hidden layer it is I-AutoRec
/// (Sedhain et al., "AutoRec: autoencoders meet collaborative filtering", WWW 2015). The loss
///
///     ½ Σ (stars - stars(u, i))² + Σ_layers [½ weight_l2 |W|² + ½ kernel_l2 |K|²]
///
/// over all ratings at once is minimised by L-BFGS. What an evaluation costs grows with the ratings, not
/// with users times items. Its bits do not depend on the number of threads.
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
