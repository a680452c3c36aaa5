#pragma once

#include <memory>

#include "movrec/model/algorithm.hpp"

namespace movrec {

/// stars = mean + user bias + item bias (fit_biases). Cold users and items have bias 0.
std::unique_ptr<Model> fit_bias_model(const FitContext&);
std::unique_ptr<Model> load_bias_model(const ModelSpec&, const StateDict&);

/// Ranks by the number of training ratings; its stars are the item's damped mean.
std::unique_ptr<Model> fit_popularity_model(const FitContext&);
std::unique_ptr<Model> load_popularity_model(const ModelSpec&, const StateDict&);

/// A model over given biases, also what evaluation compares with.
std::unique_ptr<Model> make_bias_model(Biases);

}  // namespace movrec
