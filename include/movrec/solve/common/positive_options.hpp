#pragma once

#include "movrec/core/field.hpp"

namespace movrec {

/// What makes a pair of user and item positive, for models that rank items by who has rated them.
struct PositiveOptions {
  double positive_from = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "positive-from",
                .help = "stars from which a rating counts as positive (0: any); the others do not count",
                .min = 0,
                .max = 1e6},
          self.positive_from);
  }
};

}  // namespace movrec
