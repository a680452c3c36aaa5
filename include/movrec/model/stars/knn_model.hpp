#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/knn/knn.hpp"

namespace movrec {

struct KnnModelOptions : KnnOptions, BiasOptions {
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<KnnOptions, BiasOptions>(self, visit);
  }
};

/// Item-based nearest neighbours (solve/knn/knn.hpp) of what the biases (solve/common/bias.hpp) leave over. Pairs
/// without a neighbour get the biases' answer.
std::unique_ptr<Model> fit_knn_model(const FitContext&);
std::unique_ptr<Model> load_knn_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
