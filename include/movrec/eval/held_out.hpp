#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "movrec/data/catalog.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/data/split.hpp"
#include "movrec/model/common/model.hpp"

namespace movrec {

/// What the data set says of a user; nothing where it says nothing of anybody.
std::optional<Demographics> demographics_of(const UserFeatures&, UserIdx);

/// The query without what the model does not look at.
UserQuery supported_part(UserQuery, QuerySupport);

/// What is asked about a part of a split: all its rows or, where it holds users, the hidden rows of its
/// queries. A view.
struct HeldOut {
  /// `who`: what the queries say of their users besides ratings; null: nothing.
  HeldOut(const Ratings& part, std::span<const SplitQuery> about = {}, const UserFeatures* who = nullptr)
      : rows(part), queries(about), users(who) {}
  /// How many ratings are asked for.
  std::size_t n_asked() const;

  const Ratings& rows;
  std::span<const SplitQuery> queries;
  const UserFeatures* users;
};

/// The queries of a part, as models take them. The part must outlive it.
class HeldOutQueries {
 public:
  explicit HeldOutQueries(const HeldOut&);
  UserQuery of(std::size_t query) const;

 private:
  HeldOut part_;
  std::vector<std::size_t> begin_{0};
  std::vector<ItemIdx> items_;
  std::vector<float> stars_;
};

/// Calls visit(row, predicted stars), not clipped, for each row, in order.
void predict_rows(const Predictor&,
                  const Ratings& rows,
                  const std::function<void(std::size_t row, float stars)>& visit);

/// Calls visit(row, predicted stars), not clipped, for each row that is asked for, in order; a row that
/// several queries hide comes once for each. Where a query shows ratings, a model whose scores are stars and
/// that supports histories answers from them; others answer by the user's index, which is cold if no training
/// row has it.
void for_each_prediction(const Model&,
                         const HeldOut&,
                         const std::function<void(std::size_t row, float stars)>& visit);

/// What a model predicts for the rows that are asked for.
struct RowPredictions {
  std::vector<std::size_t> rows;  ///< of the part, in the order of for_each_prediction
  std::vector<float> stars;       ///< not clipped
};
RowPredictions predict_part(const Model&, const HeldOut&);

/// As for_each_prediction for the rows that queries show, which says how well a model gives back what it was
/// told and nothing about other ratings. No visits where there are no queries, or the model answers none with
/// stars.
void for_each_shown(const Model&,
                    const HeldOut&,
                    const std::function<void(std::size_t row, float stars)>& visit);

}  // namespace movrec
