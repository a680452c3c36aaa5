#pragma once

#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/data/history.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

struct BiasOptions {
  double user_damping = 5;
  double item_damping = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "user-damping",
                .help = "ratings of weight zero added to each user's bias",
                .min = 0,
                .max = 1e6},
          self.user_damping);
    item_field(self, visit);
  }
  template <class Self, class Visit>
  static void item_field(Self& self, Visit&& visit) {
    visit(Field{.name = "item-damping",
                .help = "ratings of weight zero added to each item's bias",
                .min = 0,
                .max = 1e6},
          self.item_damping);
  }
};

/// stars(u, i) = mean + user[u] + item[i], each bias a damped mean of what is left over.
struct Biases {
  double mean = 0;
  std::vector<float> user, item;  ///< [n_users], [n_items]; 0 for those without ratings

  /// kNoUser and kNoItem count as bias 0.
  float predict(UserIdx u, ItemIdx i) const {
    return static_cast<float>(mean) + (u == kNoUser ? 0.F : user[index(u)]) +
           (i == kNoItem ? 0.F : item[index(i)]);
  }
  /// fit_biases' b_u of a user with these ratings; 0 without any.
  float user_bias_of(const History&, double user_damping) const;

  /// Arrays `prefix`mean, `prefix`user, `prefix`item.
  void save(StateDict&, const std::string& prefix = "") const;
};

/// What save() wrote. Error{model}.
Biases load_biases(const StateDict&,
                   std::int32_t n_users,
                   std::int32_t n_items,
                   const std::string& prefix = "");

/// Item biases first, then user biases on what they leave: b_i = Σ(r - mean) / (n_i + item_damping),
/// b_u = Σ(r - mean - b_i) / (n_u + user_damping) (Koren, "Factor in the neighbors", 2010, section 2.1).
Biases fit_biases(const Ratings& train, const BiasOptions&);

}  // namespace movrec
