#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "movrec/data/catalog.hpp"
#include "movrec/eval/held_out.hpp"
#include "movrec/model/common/model.hpp"

namespace movrec {

/// Of metrics that validation chooses by: RMSE is an error, ranking metrics are not.
inline bool higher_is_better(std::string_view metric) {
  return metric != "rmse";
}
/// "RMSE", "NDCG@10".
std::string heading_of(std::string_view metric);

/// The figure that a row of the algorithm table selects by (`selects_by`), of a model on validation rows:
/// "rmse", or a ranking metric with every validation rating relevant and the training items left out. What is
/// passed must outlive it. Empty where that leaves no list to rank: all that is held out has been trained on.
std::function<double(const Model&)> make_validation(
    std::string_view metric, const HeldOut& valid, const Ratings& train, const SideInfo&, StarScale);
/// The same of whoever says stars alone. Empty where the metric ranks or the rows are asked for by histories.
std::function<double(const Predictor&)> make_pair_validation(std::string_view metric,
                                                             const HeldOut& valid,
                                                             StarScale);

}  // namespace movrec
