#pragma once

#include <string>

#include "movrec/core/field.hpp"

namespace movrec {

/// How matrix factorization is fitted.
struct MfOptions {
  std::string solver = "als";
  double implicit_l2 = 0.5;
  double noise_damping = 400;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        Field{.name = "solver",
              .help = "how factors are found: als solves for all users, then for all items, and needs no "
                      "learning rate or penalty; sgd goes rating by rating; autograd is what the other nets "
                      "train with",
              .choices = {"als", "sgd", "autograd"}},
        self.solver);
    visit(Field{.name = "implicit-l2",
                .help = "penalty on what having rated an item says about a user, and with als the other "
                        "way round (als, 0: it says nothing)",
                .min = 0,
                .max = 1e9},
          self.implicit_l2);
    visit(Field{.name = "noise-damping",
                .help = "als: ratings of common noise added to each user and item, whose own noise weighs "
                        "their ratings",
                .min = 0,
                .max = 1e9},
          self.noise_damping);
  }
};

}  // namespace movrec
