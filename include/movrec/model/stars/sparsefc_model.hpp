#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/options.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/sparsefc/sparsefc_options.hpp"
#include "movrec/train/common/options.hpp"

namespace movrec {

/// Chosen on the validation rows of ml-1m, random 90/10.
struct SparseFcModelOptions : LayerOptions, SparseFcOptions, EpochOptions, FitOptions, BiasOptions {
  SparseFcModelOptions() {
    layers = {500, 500};
    epochs = 1000;
  }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<LayerOptions, SparseFcOptions, EpochOptions, FitOptions, BiasOptions>(self, visit);
    visit(Reworded{"epochs", "iterations of L-BFGS"});
  }
};

/// Trains an autoencoder of items with kernelised weights (solve/sparsefc/sparsefc.hpp); an epoch is an iteration of
/// L-BFGS. The model keeps what answers: each item's code, and each user's row of the last layer. Pairs of
/// which the training rows do not know the user or the item get what the biases say.
std::unique_ptr<Model> fit_sparsefc_model(const FitContext&);
std::unique_ptr<Model> load_sparsefc_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
