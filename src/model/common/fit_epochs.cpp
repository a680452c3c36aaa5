#include "model/common/fit_epochs.hpp"

namespace movrec {

void fit_epochs(const FitContext& context,
                EpochStepper& stepper,
                int epochs,
                const Model& model,
                std::function<StateDict()> trainer_state,
                std::function<double()> validate) {
  EpochCallbacks callbacks{.validate = std::move(validate), .replayed = context.replayed};
  if (!callbacks.validate && context.validate) callbacks.validate = [&] { return context.validate(model); };
  if (context.on_epoch)
    callbacks.on_epoch = [&](const EpochStats& stats) {
      return context.on_epoch({stats, model, trainer_state});
    };
  if (context.on_start) context.on_start(model);
  run_epochs(stepper, context.last_epoch > 0 ? context.last_epoch : epochs, callbacks);
}

}  // namespace movrec
