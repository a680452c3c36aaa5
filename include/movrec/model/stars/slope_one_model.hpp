#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/solve/common/bias.hpp"

namespace movrec {

/// The damping is of the biases, which answer where no item was rated together with what the user rated.
struct SlopeOneOptions : BiasOptions {
  int min_common = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "min-common",
                .help = "items with fewer common users say nothing of each other",
                .min = 1,
                .max = 1e9},
          self.min_common);
    visit_parts<BiasOptions>(self, visit);
  }
};

/// Weighted Slope One (solve/knn/slope_one.hpp): with S(u) the items that the user rated, c_ji users who rated both items
/// and dev_ji how much better they liked j than i on average,
///
///     stars(u, j) = Σ_{i ∈ S(u) \ j} c_ji (dev_ji + r_ui) / Σ_{i ∈ S(u) \ j} c_ji
///
/// (Lemire & Maclachlan 2005, section 3.2). Nothing is set by hand, and a history is answered as a user's training
/// ratings.
std::unique_ptr<Model> fit_slope_one_model(const FitContext&);
std::unique_ptr<Model> load_slope_one_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
