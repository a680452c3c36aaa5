#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "movrec/core/ids.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/data/history.hpp"
#include "movrec/model/common/top_items.hpp"

namespace movrec {

/// Who a user is. What is missing stands as in UserFeatures.
struct Demographics {
  std::int16_t age = 0;
  char gender = '?';
  std::int16_t occupation = -1;
};

/// A user as a model may know one: of the training rows, by a history, by demographics, or by all three. A
/// user without training ratings, or kNoUser, gets what the model knows of everybody.
struct UserQuery {
  UserIdx user = kNoUser;
  std::optional<History> history{};  ///< answer from these instead of the training ratings of `user`
  std::optional<Demographics> demographics{};  ///< instead of what the data set says of `user`
};

/// What a model can look at in the queries of users that it was not trained on.
struct QuerySupport {
  bool history = false, demographics = false;
  bool stars = false;  ///< how many a history gives; else it says no more than what somebody liked
};

/// Whatever says stars for pairs: a model, or what a fit knows before it is one.
class Predictor {
 public:
  virtual ~Predictor() = default;

  /// Expected stars of each pair, not clipped: stars[k] of (users[k], items[k]). kNoUser, kNoItem and those
  /// without training ratings are allowed. All finite.
  virtual void predict(std::span<const UserIdx> users,
                       std::span<const ItemIdx> items,
                       std::span<float> stars) const = 0;

  /// As predict, for ratings given at `times` (unix seconds; empty: at no known time). Only models that have
  /// the day as a feature look at them.
  virtual void predict_at(std::span<const UserIdx> users,
                          std::span<const ItemIdx> items,
                          [[maybe_unused]] std::span<const std::int64_t> times,
                          std::span<float> stars) const {
    predict(users, items, stars);
  }
};

/// A fitted model, as evaluation and recommendation see it. Const members may be called from many threads at
/// once; each uses as many threads as OpenMP gives its caller. An answer depends on no earlier question, and on
/// none that another thread asks at the same time; those of one call may round each other where BLAS has other
/// kernels for other shapes.
class Model : public Predictor {
 public:
  virtual std::int32_t n_items() const = 0;

  virtual bool knows_deviations() const { return false; }
  /// How far each rating is expected to lie from predict_at: its predictive standard deviation, which holds
  /// both what the model does not know and what nobody can. Error{model} if it knows no deviations.
  virtual void predict_deviations(std::span<const UserIdx> users,
                                  std::span<const ItemIdx> items,
                                  std::span<const std::int64_t> times,
                                  std::span<float> deviations) const;

  /// Fills `scores`, [users.size(), n_items] row-major: what to rank by, higher is better. All finite.
  /// Error{model} for a query that holds more than supports() says.
  void score(std::span<const UserQuery> users, std::span<float> scores) const;

  /// The same for `items` alone, ascending: fills [users.size(), items.size()].
  void score_items(std::span<const UserQuery> users,
                   std::span<const ItemIdx> items,
                   std::span<float> scores) const;

  /// The best `n` of `items` (ascending) for each user by these scores, without what he has seen: `seen[u]`
  /// are ascending, too. Best first, ties go to the smaller item.
  std::vector<std::vector<ScoredItem>> best_items(std::span<const UserQuery> users,
                                                  std::span<const ItemIdx> items,
                                                  std::span<const std::span<const ItemIdx>> seen,
                                                  std::size_t n) const;

  /// What `score`, `score_items` and `best_items` look at besides UserQuery::user.
  virtual QuerySupport supports() const { return {}; }

  virtual bool knows_similarities() const { return false; }
  /// How alike the model finds each item, [n_items], and `item`: the cosine of what it has learned of them,
  /// 0 for those it knows nothing of. Error{model} if it knows no similarities.
  virtual void item_similarities(ItemIdx item, std::span<float> similarities) const;

  /// Whether `score` is in stars and equals `predict` (false for popularity).
  virtual bool scores_are_stars() const { return true; }

  /// Trained numbers (weights and biases), as reported to people.
  virtual std::int64_t n_parameters() const = 0;

  /// Everything that `Algorithm::load` needs besides the ModelSpec.
  virtual StateDict state() const = 0;

 protected:
  /// Ascending.
  std::vector<ItemIdx> all_items() const;

 private:
  void check(std::span<const UserQuery> users) const;

  // What the members of the same names do, for queries that the model supports.
  virtual void do_score(std::span<const UserQuery> users, std::span<float> scores) const = 0;
  /// Picks from do_score unless the model knows how to do less.
  virtual void do_score_items(std::span<const UserQuery> users,
                              std::span<const ItemIdx> items,
                              std::span<float> scores) const;
  /// Scores everything unless the model knows how to do less.
  virtual std::vector<std::vector<ScoredItem>> do_best_items(std::span<const UserQuery> users,
                                                             std::span<const ItemIdx> items,
                                                             std::span<const std::span<const ItemIdx>> seen,
                                                             std::size_t n) const;
};

}  // namespace movrec
