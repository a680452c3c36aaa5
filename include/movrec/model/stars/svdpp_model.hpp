#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

/// SVD++ (solve/mf/svdpp.hpp). To answer, a user's factors are the sum of his own and what his items give him;
/// the items' implicit factors are kept, so that a history can be turned into factors later.
std::unique_ptr<Model> fit_svdpp_model(const FitContext&);
std::unique_ptr<Model> load_svdpp_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
