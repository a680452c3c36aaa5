#include "movrec/model/torch/mf_model.hpp"

#include "model/common/solver_fit.hpp"
#include "movrec/model/torch/net_model.hpp"
#include "movrec/solve/mf/mf_als.hpp"
#include "movrec/solve/mf/mf_sgd.hpp"

namespace movrec {
namespace {

/// The weights of the pair net, by the names that it has for them.
StateDict weights_of(const MfTables& tables, const ModelSpec& spec) {
  StateDict state;
  state.set("user_factors", tables.user_factors, spec.n_users);
  state.set("item_factors", tables.item_factors, spec.n_items);
  if (!tables.user_bias.empty()) {
    state.set("user_bias", tables.user_bias, spec.n_users);
    state.set("item_bias", tables.item_bias, spec.n_items);
  }
  return state;
}

StateDict weights_of(const MfSgd& solver, const ModelSpec& spec) {
  return weights_of(solver.tables(), spec);
}
StateDict weights_of(const MfAls& solver, const ModelSpec& spec) {
  StateDict state = weights_of(solver.tables(), spec);
  solver.prior().save(state);
  return state;
}

/// The solver's epochs, with the pair net as their model.
template <class Solver, int n_steps>
std::unique_ptr<Model> fit_by(const FitContext& context, const Biases& start, Solver solver) {
  const ModelSpec& spec = context.spec;
  return SolverFit<Solver, n_steps>(
             context, std::move(solver),
             [&](const Solver& of) {
               return start_net_model(spec, context.train, start, weights_of(of, spec));
             },
             [&](Model& model, const Solver& of) { load_net_weights(model, weights_of(of, spec)); })
      .run();
}

}  // namespace

MfShape mf_shape(const NetOptions& net) {
  return {static_cast<std::size_t>(net.embedding_dim), net.bias_terms, net.global_mean};
}

std::unique_ptr<Model> fit_mf_model(const FitContext& context) {
  const ModelOptions& options = context.spec.options;
  if (options.find<MfByAutogradOptions>() != nullptr) return fit_net_model(context);
  const Biases start = fit_biases(context.train, options.get<BiasOptions>());
  const MfShape shape = mf_shape(options.as<NetOptions>());
  if (const auto* sgd = options.find<MfBySgdOptions>())
    return fit_by<MfSgd, MfSgd::kStripes>(
        context, start, MfSgd(context.train, start, shape, sgd->embedding_l2, sgd->init_std, sgd->seed));
  const auto& als = options.get<MfByAlsOptions>();
  return fit_by<MfAls, 2>(context, start, MfAls(context.train, start, shape, als, als.seed));
}

}  // namespace movrec
