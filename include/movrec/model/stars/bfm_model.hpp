#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

/// Samples a Bayesian factorization machine (solve/bfm/bfm.hpp) and answers with the mean over its draws: the
/// stars' expectation under each of --samples draws, evenly taken from the sweeps after the burn-in of all
/// chains, averaged. The validation RMSE of a sweep is that of the mean over all draws since the burn-in.
std::unique_ptr<Model> fit_bfm_model(const FitContext&);
std::unique_ptr<Model> load_bfm_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
