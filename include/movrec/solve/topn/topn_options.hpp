#pragma once

#include "movrec/core/field.hpp"

namespace movrec {

/// How models are fitted that rank items by who has rated them: by the pairs of users and items that are
/// positive, which is to have enough stars.
struct TopNOptions {
  double positive_from = 0;
  double l2 = 0;
  double item_dropout = 0;
  double stars_weight = 0;
  double unseen_weight = 0.1;
  int similar_items = 100;
  double similarity_damping = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "positive-from",
                .help = "stars from which a rating counts as positive (0: any); the others do not count",
                .min = 0,
                .max = 1e6},
          self.positive_from);
    visit(
        Field{.name = "l2",
              .help = "penalty on squared weights: ease counts it in users, ials in its squared errors, bpr "
                      "pays it at each step",
              .min = 0,
              .max = 1e9},
        self.l2);
    visit(Field{.name = "item-dropout",
                .help = "ease: as if so many of a user's items were hidden from it in training",
                .min = 0,
                .max = 0.999},
          self.item_dropout);
    visit(
        Field{.name = "stars-weight",
              .help = "ease: a positive pair counts 1 + this for each star above the mean (0: all the same)",
              .min = 0,
              .max = 1},
        self.stars_weight);
    visit(Field{.name = "unseen-weight",
                .help = "ials: weight of a pair that is not positive, beside 1",
                .min = 0,
                .max = 1e6},
          self.unseen_weight);
    visit(Field{.name = "similar-items",
                .help = "item-knn: the most similar items, so many, that count for an item",
                .min = 1,
                .max = 1e6},
          self.similar_items);
    visit(Field{.name = "similarity-damping",
                .help = "item-knn: users with nothing in common, added to each pair of items",
                .min = 0,
                .max = 1e9},
          self.similarity_damping);
  }
};

}  // namespace movrec
