#pragma once

#include "movrec/core/field.hpp"

namespace movrec {

/// How alternating least squares weighs what it knows.
struct MfAlsOptions {
  double implicit_l2 = 0.5;
  double noise_damping = 400;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "implicit-l2",
                .help = "penalty on what having rated an item says about a user, and the other way round "
                        "(0: it says nothing)",
                .min = 0,
                .max = 1e9},
          self.implicit_l2);
    visit(Field{.name = "noise-damping",
                .help = "ratings of common noise added to each user and item, whose own noise weighs their "
                        "ratings",
                .min = 0,
                .max = 1e9},
          self.noise_damping);
  }
};

}  // namespace movrec
