#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

/// Trains an autoencoder of items with kernelised weights (solve/sparsefc/sparsefc.hpp); an epoch is an iteration of
/// L-BFGS. The model keeps what answers: each item's code, and each user's row of the last layer. Pairs of
/// which the training rows do not know the user or the item get what the biases say.
std::unique_ptr<Model> fit_sparsefc_model(const FitContext&);
std::unique_ptr<Model> load_sparsefc_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
