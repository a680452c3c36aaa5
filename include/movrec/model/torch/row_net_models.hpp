#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

// Nets over whole rows of ratings (net/row_net.hpp). A user of the training rows is asked about by his own row,
// a history by the row that it makes; so new users need no training.

/// Stars: what the biases say (solve/common/bias.hpp) and what the autoencoder makes of what they leave over. With
/// --rows items a row is an item's, and only users of the training rows are known.
std::unique_ptr<Model> fit_autoencoder_model(const FitContext&);
std::unique_ptr<Model> load_autoencoder_model(const ModelSpec&, const StateDict&);

/// Rankers: scores are the outputs before their last squashing.
std::unique_ptr<Model> fit_ranking_net_model(const FitContext&);
std::unique_ptr<Model> load_ranking_net_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
