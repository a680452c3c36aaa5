#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

// Models that rank items by who has them (solve/topn/topn_options.hpp). Their scores are no stars: predict() gives
// what the biases (solve/common/bias.hpp) say. A history in a query stands for the training ratings of its user, so
// that a trained user's own gives his own scores; it has to have positive items, else everybody's popularity
// ranks.

/// solve/topn/ease.hpp: a user's row times the weights.
std::unique_ptr<Model> fit_ease_model(const FitContext&);
std::unique_ptr<Model> load_ease_model(const ModelSpec&, const StateDict&);

/// solve/topn/item_knn.hpp: the same with sparse weights.
std::unique_ptr<Model> fit_item_knn_model(const FitContext&);
std::unique_ptr<Model> load_item_knn_model(const ModelSpec&, const StateDict&);

/// solve/topn/ials.hpp. A history's factors are solved for as in training; with more factors than a block holds,
/// which training has only come near to solving, they agree with those of training as far as that converged.
std::unique_ptr<Model> fit_ials_model(const FitContext&);
std::unique_ptr<Model> load_ials_model(const ModelSpec&, const StateDict&);

/// solve/topn/bpr.hpp. A history's factors are trained with the items held, with as many epochs as the items had
/// at most: close to those of training, not equal.
std::unique_ptr<Model> fit_bpr_model(const FitContext&);
std::unique_ptr<Model> load_bpr_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
