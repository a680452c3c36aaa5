#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/rank/topn_model.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/model/rank/topn_models.hpp"
#include "movrec/solve/topn/ease.hpp"
#include "movrec/solve/topn/item_knn.hpp"

namespace movrec {
namespace {

/// Scores are sums of weights over the items that a user has.
class WeightsModel : public TopNModel {
 public:
  WeightsModel(Everybody everybody, RatingLists users)
      : TopNModel(std::move(everybody)), users_(std::move(users)) {}

  StateDict state() const override {
    StateDict state;
    everybody().save(state);
    save_lists(users_, "users.", state);
    return state;
  }

 protected:
  bool knows(UserIdx user) const override { return users_.count(index(user)) > 0; }

  void score_tastes(std::span<const Taste> tastes, std::span<const ItemIdx> items) const override {
    for_each_task(std::ssize(tastes), [&](std::int64_t task) {
      const Taste& taste = tastes[static_cast<std::size_t>(task)];
      const std::span scores(taste.scores, items.size());
      if (taste.user == kNoUser)
        sum_weights(taste.items, taste.stars, items, scores);
      else
        sum_weights(users_.others_of(index(taste.user)), users_.stars_of(index(taste.user)), items, scores);
    });
  }

  /// In the order of `has`.
  virtual void sum_weights(std::span<const std::int32_t> has,
                           std::span<const float> stars,
                           std::span<const ItemIdx> items,
                           std::span<float> scores) const = 0;

 private:
  RatingLists users_;  ///< each user's positive items
};

class EaseModel final : public WeightsModel {
 public:
  EaseModel(Everybody everybody, RatingLists users, const EaseShape& shape, std::vector<float> weights)
      : WeightsModel(std::move(everybody), std::move(users)), shape_(shape), weights_(std::move(weights)) {}

  std::int64_t n_parameters() const override { return std::ssize(weights_); }
  QuerySupport supports() const override { return {.history = true, .stars = shape_.stars_weight > 0}; }

  bool knows_similarities() const override { return true; }
  /// The partial correlation of the items, all others held: with P as in fit_ease -P_ij / √(P_ii P_jj), whose
  /// square is the product of the weights there and back.
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    const std::size_t n = everybody().popularity.size(), i = index(item);
    for (std::size_t j = 0; j < n; ++j) {
      const float to = weights_[i * n + j], back = weights_[j * n + i];
      similarities[j] = std::copysign(std::sqrt(std::max(to * back, 0.F)), to);
    }
    if (everybody().popularity[i] > 0) similarities[i] = 1;
  }

  StateDict state() const override {
    StateDict state = WeightsModel::state();
    state.set("weights", weights_, n_items());
    return state;
  }

 private:
  void sum_weights(std::span<const std::int32_t> has,
                   std::span<const float> stars,
                   std::span<const ItemIdx> items,
                   std::span<float> scores) const override {
    constexpr std::size_t kFew = 8;  // of so many items one: picking them is less work than adding all
    const std::size_t n = everybody().popularity.size();
    std::vector<float> sums(items.size() * kFew < n ? items.size() : n);
    for (std::size_t at = 0; at < has.size(); ++at) {
      const float* row = weights_.data() + static_cast<std::size_t>(has[at]) * n;
      const float value = shape_.value(stars[at]);
      if (sums.size() == n) {
        for (std::size_t j = 0; j < n; ++j) sums[j] += value * row[j];
      } else {
        for (std::size_t k = 0; k < items.size(); ++k) sums[k] += value * row[index(items[k])];
      }
    }
    for (std::size_t k = 0; k < items.size(); ++k)
      scores[k] = sums.size() == n ? sums[index(items[k])] : sums[k];
  }

  EaseShape shape_;
  std::vector<float> weights_;  ///< [n_items, n_items]
};

class ItemKnnModel final : public WeightsModel {
 public:
  ItemKnnModel(Everybody everybody, RatingLists users, ItemWeights weights)
      : WeightsModel(std::move(everybody), std::move(users)), weights_(std::move(weights)) {}

  std::int64_t n_parameters() const override { return std::ssize(weights_.weights); }

  bool knows_similarities() const override { return true; }
  /// The damped cosine, 0 where neither of two items is among the most similar ones of the other.
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    std::ranges::fill(similarities, 0.F);
    const auto i = static_cast<std::size_t>(item);
    for (std::size_t j = 0; j < similarities.size(); ++j)
      for (std::size_t k = weights_.begin[j]; k < weights_.begin[j + 1]; ++k) {
        const auto other = static_cast<std::size_t>(weights_.others[k]);
        if (j == i) similarities[other] = weights_.weights[k];
        if (other == i) similarities[j] = weights_.weights[k];
      }
    if (everybody().popularity[i] > 0) similarities[i] = 1;
  }

  StateDict state() const override {
    StateDict state = WeightsModel::state();
    save_lists({weights_.begin, weights_.others, weights_.weights}, "weights.", state);
    return state;
  }

 private:
  void sum_weights(std::span<const std::int32_t> has,
                   std::span<const float>,
                   std::span<const ItemIdx> items,
                   std::span<float> scores) const override {
    std::vector<float> sums(everybody().popularity.size());
    for (const std::int32_t i : has)
      for (std::size_t k = weights_.begin[static_cast<std::size_t>(i)];
           k < weights_.begin[static_cast<std::size_t>(i) + 1]; ++k)
        sums[static_cast<std::size_t>(weights_.others[k])] += weights_.weights[k];
    for (std::size_t k = 0; k < items.size(); ++k) scores[k] = sums[index(items[k])];
  }

  ItemWeights weights_;
};

RatingLists load_users(const ModelSpec& spec, const StateDict& state) {
  return load_lists(state, "users.", spec.n_users, spec.n_items);
}

EaseShape ease_shape(const ModelSpec& spec, const Everybody& everybody) {
  const auto& options = spec.options.get<EaseOptions>();
  return {.l2 = options.l2,
          .item_dropout = options.item_dropout,
          .stars_weight = options.stars_weight,
          .mean_stars = everybody.biases.mean};
}

}  // namespace

std::unique_ptr<Model> fit_ease_model(const FitContext& context) {
  const double positive_from = context.spec.options.get<EaseOptions>().positive_from;
  Everybody everybody(context.spec, context.train);
  const EaseShape shape = ease_shape(context.spec, everybody);
  return std::make_unique<EaseModel>(std::move(everybody), positive_lists(context.train, positive_from),
                                     shape, fit_ease(context.train, positive_from, shape));
}

std::unique_ptr<Model> load_ease_model(const ModelSpec& spec, const StateDict& state) {
  const auto n = static_cast<std::size_t>(spec.n_items);
  Everybody everybody(spec, state);
  const EaseShape shape = ease_shape(spec, everybody);
  return std::make_unique<EaseModel>(std::move(everybody), load_users(spec, state), shape,
                                     state.list<float>("weights", n * n));
}

std::unique_ptr<Model> fit_item_knn_model(const FitContext& context) {
  const auto& options = context.spec.options.get<ItemKnnOptions>();
  return std::make_unique<ItemKnnModel>(
      Everybody(context.spec, context.train), positive_lists(context.train, options.positive_from),
      fit_item_knn(context.train, options.positive_from, options.similar_items, options.similarity_damping));
}

std::unique_ptr<Model> load_item_knn_model(const ModelSpec& spec, const StateDict& state) {
  RatingLists weights = load_lists(state, "weights.", spec.n_items, spec.n_items);
  return std::make_unique<ItemKnnModel>(
      Everybody(spec, state), load_users(spec, state),
      ItemWeights{std::move(weights.begin), std::move(weights.others), std::move(weights.stars)});
}

}  // namespace movrec
