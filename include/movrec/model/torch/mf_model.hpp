#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/solve/mf/mf_als.hpp"

namespace movrec {

/// Fits the pair net `mf` or `biased-mf` by the solver that spec.options.mf names. Whichever it was, the
/// model is the one that load_net_model loads.
std::unique_ptr<Model> fit_mf_model(const FitContext&);

/// Of a pair net that is matrix factorization.
MfShape mf_shape(const NetOptions&);

}  // namespace movrec
