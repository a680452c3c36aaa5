#pragma once

#include <string>

#include "movrec/core/field.hpp"

namespace movrec {

/// What weighs the weights of solve/sparsefc/sparsefc.hpp, and what they cost.
struct SparseFcOptions {
  std::string kernel = "finite-support";
  int kernel_dim = 5;
  double kernel_l2 = 0.01;
  double weight_l2 = 0.065;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "kernel",
                .help = "what weighs each weight, by the vectors of its two units: finite-support is "
                        "max(0, 1 - distance²), none leaves a plain autoencoder (I-AutoRec)",
                .choices = {"finite-support", "none"}},
          self.kernel);
    visit(Field{.name = "kernel-dim", .help = "dimensions of the kernel's vectors", .min = 1, .max = 64},
          self.kernel_dim);
    visit(Field{.name = "kernel-l2",
                .help = "L2 penalty on the kernel, which thins out the weights",
                .min = 0,
                .max = 1e9},
          self.kernel_l2);
    visit(Field{.name = "weight-l2",
                .help = "L2 penalty on the weights of all layers, times the root of the number of ratings",
                .min = 0,
                .max = 1e9},
          self.weight_l2);
  }
};

}  // namespace movrec
