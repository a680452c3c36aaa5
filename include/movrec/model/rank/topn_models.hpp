#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/options.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/common/positive_options.hpp"
#include "movrec/train/common/options.hpp"

namespace movrec {

// Models that rank items by who has them (solve/common/positive_options.hpp). Their scores are no stars: predict() gives
// what the biases (solve/common/bias.hpp) say. A history in a query stands for the training ratings of its user, so
// that a trained user's own gives his own scores; it has to have positive items, else everybody's popularity
// ranks. The defaults were chosen on validation rows of ml-1m, leave-last.

struct EaseOptions : PositiveOptions, BiasOptions {
  double l2 = 200;
  double item_dropout = 0;
  double stars_weight = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "l2", .help = "penalty on squared weights, counted in users", .min = 0, .max = 1e9},
          self.l2);
    visit(Field{.name = "item-dropout",
                .help = "as if so many of a user's items were hidden from it in training",
                .min = 0,
                .max = 0.999},
          self.item_dropout);
    visit(Field{.name = "stars-weight",
                .help = "a positive pair counts 1 + this for each star above the mean (0: all the same)",
                .min = 0,
                .max = 1},
          self.stars_weight);
    visit_parts<PositiveOptions, BiasOptions>(self, visit);
  }
};

/// solve/topn/ease.hpp: a user's row times the weights.
std::unique_ptr<Model> fit_ease_model(const FitContext&);
std::unique_ptr<Model> load_ease_model(const ModelSpec&, const StateDict&);

struct ItemKnnOptions : PositiveOptions, BiasOptions {
  int similar_items = 50;
  double similarity_damping = 10;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "similar-items",
                .help = "the most similar items, so many, that count for an item",
                .min = 1,
                .max = 1e6},
          self.similar_items);
    visit(Field{.name = "similarity-damping",
                .help = "users with nothing in common, added to each pair of items",
                .min = 0,
                .max = 1e9},
          self.similarity_damping);
    visit_parts<PositiveOptions, BiasOptions>(self, visit);
  }
};

/// solve/topn/item_knn.hpp: the same with sparse weights.
std::unique_ptr<Model> fit_item_knn_model(const FitContext&);
std::unique_ptr<Model> load_item_knn_model(const ModelSpec&, const StateDict&);

struct IalsOptions : FactorOptions, EpochOptions, FitOptions, PositiveOptions, BiasOptions {
  double l2 = 0.007;
  double unseen_weight = 0.3;
  double confidence = -1;

  IalsOptions() {
    embedding_dim = 192;
    epochs = 12;
  }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<FactorOptions>(self, visit);
    visit(Field{.name = "l2",
                .help = "penalty on squared weights, counted in the squared errors of its user or item",
                .min = 0,
                .max = 1e9},
          self.l2);
    visit(Field{.name = "unseen-weight",
                .help = "weight of a pair that is not positive, beside 1",
                .min = 0,
                .max = 1e6},
          self.unseen_weight);
    visit(Field{.name = "confidence",
                .help = "a positive pair of count (or stars) r weighs 1 + this · ln r, and 1 below r = 1 (0: "
                        "all weigh "
                        "the same; -1: 0.3 where ratings are counts, else 0)",
                .min = -1,
                .max = 1000},
          self.confidence);
    visit_parts<EpochOptions, FitOptions, PositiveOptions, BiasOptions>(self, visit);
    visit(Reworded{"epochs", "how often all users and then all items are solved for"});
  }
};

/// solve/topn/ials.hpp. A history's factors are solved for as in training; with more factors than a block holds,
/// which training has only come near to solving, they agree with those of training as far as that converged.
std::unique_ptr<Model> fit_ials_model(const FitContext&);
std::unique_ptr<Model> load_ials_model(const ModelSpec&, const StateDict&);

struct BprOptions : FactorOptions,
                    FactorInitOptions,
                    EpochOptions,
                    ScheduleOptions,
                    FitOptions,
                    PositiveOptions,
                    BiasOptions {
  double l2 = 0.005;

  BprOptions() {
    init_std = 0.1;
    lr = 0.1;
    epochs = 40;
    schedule = "cosine";
  }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<FactorOptions, FactorInitOptions>(self, visit);
    visit(Field{.name = "l2", .help = "penalty on squared weights, paid at each step", .min = 0, .max = 1e9},
          self.l2);
    visit_parts<EpochOptions, ScheduleOptions, FitOptions, PositiveOptions, BiasOptions>(self, visit);
  }
};

/// solve/topn/bpr.hpp. A history's factors are trained with the items held, with as many epochs as the items had
/// at most: close to those of training, not equal.
std::unique_ptr<Model> fit_bpr_model(const FitContext&);
std::unique_ptr<Model> load_bpr_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
