#pragma once

#include <functional>

#include "movrec/model/common/fit_context.hpp"

namespace movrec {

/// Runs the epochs of a fit and shows each to the context, `model` being what has been learned until then.
/// `epochs` is the schedule's number of them, `trainer_state` what the fit goes on from. `validate` stands in
/// for the context's where the figure comes from something else than the model.
void fit_epochs(const FitContext&,
                EpochStepper&,
                int epochs,
                const Model& model,
                std::function<StateDict()> trainer_state,
                std::function<double()> validate = {});

}  // namespace movrec
