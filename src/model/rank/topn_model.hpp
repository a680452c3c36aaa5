#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/model/common/model.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/common/positive_options.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {

/// What every top-N model knows of everybody.
struct Everybody {
  Everybody(const ModelSpec&, const Ratings& train);
  Everybody(const ModelSpec&, const StateDict&);
  void save(StateDict&) const;

  double positive_from;
  Biases biases;
  std::vector<float> popularity;  ///< [n_items], the share of users for whom it is positive
};

/// All of a top-N model but its weights: which queries it can answer, from what, and what the others get.
class TopNModel : public Model {
 public:
  explicit TopNModel(Everybody everybody) : everybody_(std::move(everybody)) {}

  std::int32_t n_items() const override { return static_cast<std::int32_t>(everybody_.popularity.size()); }
  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override;
  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override;
  void do_score_items(std::span<const UserQuery> users,
                      std::span<const ItemIdx> items,
                      std::span<float> scores) const override;
  QuerySupport supports() const override { return {.history = true}; }
  bool scores_are_stars() const override { return false; }

 protected:
  /// A query that the model knows something about.
  struct Taste {
    UserIdx user = kNoUser;           ///< of the training rows; kNoUser: look at `items`
    UserIdx who = kNoUser;            ///< of the data set, which may say something of him besides
    std::vector<std::int32_t> items;  ///< positive, ascending; what nobody had in training is left out
    std::vector<float> stars;
    std::optional<Demographics> demographics;
    float* scores = nullptr;  ///< where the answer goes, one for each item that is asked for
  };

  /// Whether the training rows hold a positive item of the user.
  virtual bool knows(UserIdx) const = 0;
  /// Whether demographics alone say something about a user.
  virtual bool knows_demographics() const { return false; }
  /// Higher is better; the same number for a user and an item, whatever else is asked for.
  virtual void score_tastes(std::span<const Taste>, std::span<const ItemIdx> items) const = 0;

  const Everybody& everybody() const { return everybody_; }
  /// [n_items], 1 for those that are positive for somebody.
  std::vector<std::int32_t> known_items() const;

 private:
  Everybody everybody_;
};

}  // namespace movrec
