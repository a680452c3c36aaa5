#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

/// Trains the pair net that spec.algorithm names (net/net.hpp). Pairs of which the training rows do not know
/// the user or the item get what the biases (solve/common/bias.hpp) say, never an untrained row.
std::unique_ptr<Model> fit_net_model(const FitContext&);
std::unique_ptr<Model> load_net_model(const ModelSpec&, const StateDict&);
/// A net of these weights, with what the training rows say beside them.
std::unique_ptr<Model> start_net_model(const ModelSpec&,
                                       const Ratings& train,
                                       Biases,
                                       const StateDict& weights);
/// Replaces the weights, and nothing else, of a model that one of these made.
void load_net_weights(Model&, const StateDict&);

}  // namespace movrec
