#pragma once

#include <memory>

#include "movrec/model/algorithm.hpp"

namespace movrec {

/// Trains the pair net that spec.algorithm names (net/net.hpp). Pairs of which the training rows do not know
/// the user or the item get what the biases (solve/bias.hpp) say, never an untrained row.
std::unique_ptr<Model> fit_net_model(const FitContext&);
std::unique_ptr<Model> load_net_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
