#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/solve/common/bias.hpp"

namespace movrec {

/// stars = mean + user bias + item bias (fit_biases). Cold users and items have bias 0; a user's bias follows
/// from a history as from training ratings.
std::unique_ptr<Model> fit_bias_model(const FitContext&);
std::unique_ptr<Model> load_bias_model(const ModelSpec&, const StateDict&);

struct PopularityOptions {
  BiasOptions bias;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    BiasOptions::item_field(self.bias, visit);
  }
};

/// Ranks by the number of training ratings; its stars are the item's damped mean.
std::unique_ptr<Model> fit_popularity_model(const FitContext&);
std::unique_ptr<Model> load_popularity_model(const ModelSpec&, const StateDict&);

/// A model over given biases, also what evaluation compares with. `user_damping` is that of a history's bias.
std::unique_ptr<Model> make_bias_model(Biases, double user_damping = BiasOptions{}.user_damping);

}  // namespace movrec
