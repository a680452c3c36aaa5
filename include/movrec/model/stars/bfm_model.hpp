#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/options.hpp"
#include "movrec/solve/bfm/bfm.hpp"
#include "movrec/train/common/options.hpp"

namespace movrec {

/// Chosen on the validation rows of ml-1m, random 90/10.
struct BfmModelOptions : FactorOptions, BfmOptions, FitOptions {
  BfmModelOptions() { embedding_dim = 32; }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<FactorOptions, BfmOptions, FitOptions>(self, visit);
    visit(Reworded{"refit", "afterwards train again on training and validation rows"});
  }
};

/// Samples a Bayesian factorization machine (solve/bfm/bfm.hpp) and answers with the mean over its draws: the
/// stars' expectation under each of --samples draws, evenly taken from the sweeps after the burn-in of all
/// chains, averaged. The validation RMSE of a sweep is that of the mean over all draws since the burn-in.
std::unique_ptr<Model> fit_bfm_model(const FitContext&);
std::unique_ptr<Model> load_bfm_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
