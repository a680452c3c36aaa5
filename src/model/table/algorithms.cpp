#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "movrec/core/table.hpp"
#include "movrec/model/rank/topn_models.hpp"
#include "movrec/model/stars/bfm_model.hpp"
#include "movrec/model/stars/closed_form.hpp"
#include "movrec/model/stars/knn_model.hpp"
#include "movrec/model/stars/slope_one_model.hpp"
#include "movrec/model/stars/sparsefc_model.hpp"
#include "movrec/model/stars/svdpp_model.hpp"
#include "movrec/model/table/algorithm.hpp"
#include "movrec/model/table/blend_model.hpp"
#include "movrec/model/torch/mf_model.hpp"
#include "movrec/model/torch/net_model.hpp"
#include "movrec/model/torch/row_net_models.hpp"

namespace movrec {
namespace {

constexpr Algorithm net(std::string_view name, std::string_view summary, ModelOptions (*options)()) {
  return {.name = name,
          .summary = summary,
          .options = options,
          .fit = fit_net_model,
          .load = load_net_model,
          .trains_by_gradient = true,
          .supports = {.history = true, .stars = true}};
}

template <bool with_biases>
constexpr std::array<Solver, 3> kSolvers{{
    {SolverOptions::kAls, options_of<MfByAlsOptions, with_biases>},
    {SolverOptions::kSgd, options_of<MfBySgdOptions, with_biases>},
    {SolverOptions::kAutograd, options_of<MfByAutogradOptions, with_biases>},
}};

constexpr Algorithm factors(std::string_view name,
                            std::string_view summary,
                            std::span<const Solver> solvers) {
  return {.name = name,
          .summary = summary,
          .options = solvers.front().options,
          .fit = fit_mf_model,
          .load = load_net_model,
          .trains_by_gradient = true,
          .solvers = solvers,
          .supports = {.history = true, .stars = true}};
}

/// Models that rank, for new users too, and whose scores are no stars.
constexpr Algorithm ranker(std::string_view name,
                           std::string_view summary,
                           ModelOptions (*options)(),
                           decltype(Algorithm::fit) fit,
                           decltype(Algorithm::load) load) {
  return {.name = name,
          .summary = summary,
          .options = options,
          .fit = fit,
          .load = load,
          .selects_by = "ndcg@10",
          .supports = {.history = true}};
}
constexpr Algorithm in_epochs(Algorithm algorithm) {
  algorithm.trains_by_gradient = true;
  return algorithm;
}

constexpr Algorithm with_demographics(Algorithm algorithm) {
  algorithm.supports.demographics = true;
  return algorithm;
}
constexpr Algorithm rounded_by_threads(Algorithm algorithm) {
  algorithm.same_bits_at_any_threads = false;
  return algorithm;
}
constexpr Algorithm with_state(int version, Algorithm algorithm) {
  algorithm.state_version = version;
  return algorithm;
}
constexpr Algorithm with_stars(Algorithm algorithm) {
  algorithm.supports.stars = true;
  return algorithm;
}

constexpr std::array kAlgorithms{
    Algorithm{.name = "popularity",
              .summary = "the most rated items, the same for everybody",
              .options = options_of<PopularityOptions>,
              .fit = fit_popularity_model,
              .load = load_popularity_model,
              .selects_by = "ndcg@10"},
    Algorithm{.name = "bias",
              .summary = "global mean + damped user and item biases",
              .options = options_of<BiasOptions>,
              .fit = fit_bias_model,
              .load = load_bias_model,
              .supports = {.history = true, .stars = true}},
    Algorithm{.name = "knn",
              .summary = "the most similar items that the user rated, by what biases leave over",
              .options = options_of<KnnModelOptions>,
              .fit = fit_knn_model,
              .load = load_knn_model,
              .supports = {.history = true, .stars = true},
              .ranks_slowly = true},
    Algorithm{.name = "slope-one",
              .summary = "Slope One: by how much items differ among those who rated both",
              .options = options_of<SlopeOneOptions>,
              .fit = fit_slope_one_model,
              .load = load_slope_one_model,
              .supports = {.history = true, .stars = true}},
    factors("mf", "matrix factorization: the product of user and item factors", kSolvers<false>),
    factors("biased-mf", "matrix factorization with user and item biases", kSolvers<true>),
    Algorithm{.name = "svdpp",
              .summary = "SVD++: biased-mf in which what a user has rated speaks too",
              .options = options_of<SvdppOptions>,
              .fit = fit_svdpp_model,
              .load = load_svdpp_model,
              .trains_by_gradient = true,
              .supports = {.history = true, .stars = true}},
    net("gmf",
        "generalized matrix factorization: a weight per factor of the product",
        options_of<GmfOptions>),
    net("mlp", "multi-layer perceptron over both embeddings", options_of<MlpOptions>),
    net("neumf", "neural matrix factorization: gmf and mlp under one output", options_of<NeuMfOptions>),
    Algorithm{.name = "bfm",
              .summary = "Bayesian factorization machine with side features, by Gibbs sampling",
              .options = options_of<BfmModelOptions>,
              .fit = fit_bfm_model,
              .load = load_bfm_model,
              .averages_sweeps = true,
              .supports = {.history = true, .demographics = true, .stars = true},
              .ranks_slowly = true},
    Algorithm{.name = "sparsefc",
              .summary = "autoencoder of items with kernelised weights, by L-BFGS",
              .options = options_of<SparseFcModelOptions>,
              .fit = fit_sparsefc_model,
              .load = load_sparsefc_model,
              .trains_by_gradient = true,
              .supports = {.history = true, .stars = true},
              .same_bits_at_any_threads = false},
    Algorithm{.name = "autoencoder",
              .summary = "autoencoder of users' (or items') ratings, of any depth",
              .options = options_of<AutoencoderOptions>,
              .fit = fit_autoencoder_model,
              .load = load_autoencoder_model,
              .trains_by_gradient = true,
              .supports = {.history = true, .stars = true},
              .same_bits_at_any_threads = false},
    with_stars(ranker("ease",
                      "top-N: linear weights between items, in closed form",
                      options_of<EaseOptions>,
                      fit_ease_model,
                      load_ease_model)),
    ranker("item-knn",
           "top-N: the items most similar to those of a user",
           options_of<ItemKnnOptions>,
           fit_item_knn_model,
           load_item_knn_model),
    with_stars(in_epochs(ranker("ials",
                                "top-N: factors of who rated what, by alternating least squares",
                                options_of<IalsOptions>,
                                fit_ials_model,
                                load_ials_model))),
    in_epochs(ranker("bpr",
                     "top-N: factors that put a user's items before others",
                     options_of<BprOptions>,
                     fit_bpr_model,
                     load_bpr_model)),
    // 2: inputs from columns of users
    with_state(2,
               with_stars(rounded_by_threads(with_demographics(
                   in_epochs(ranker("profile",
                                    "top-N: a perceptron from who a user is and what he has rated",
                                    options_of<ProfileOptions>,
                                    fit_ranking_net_model,
                                    load_ranking_net_model)))))),
    rounded_by_threads(in_epochs(ranker("multvae",
                                        "top-N: a variational autoencoder of who rated what",
                                        options_of<MultVaeOptions>,
                                        fit_ranking_net_model,
                                        load_ranking_net_model))),
    rounded_by_threads(
        in_epochs(ranker("recvae",
                         "top-N: multvae with a deep encoder, trained in turns with its decoder",
                         options_of<RecVaeOptions>,
                         fit_ranking_net_model,
                         load_ranking_net_model))),
    Algorithm{.name = "blend",
              .summary = "the weighted mean of other runs' predictions (made by movrec blend)",
              .options = [] { return ModelOptions(); },
              .fit = nullptr,
              .load = load_blend_model},
};

}  // namespace

std::span<const Algorithm> algorithms() {
  return kAlgorithms;
}

const Algorithm& find_algorithm(std::string_view name) {
  return find_row(kAlgorithms, "model", name);
}

ModelOptions default_options(const Algorithm& algorithm, std::string_view solver) {
  if (algorithm.solvers.empty() || solver.empty()) return algorithm.options();
  return find_row(algorithm.solvers, "solver", solver).options();
}

ModelOptions default_options(std::string_view algorithm, std::string_view solver) {
  return default_options(find_algorithm(algorithm), solver);
}

namespace {

bool is_option_of_any_model(std::string_view name) {
  return std::ranges::any_of(kAlgorithms, [&](const Algorithm& algorithm) {
    return algorithm.options().has(name) || std::ranges::any_of(algorithm.solvers, [&](const Solver& solver) {
             return solver.options().has(name);
           });
  });
}

}  // namespace

ModelOptions model_options_from_json(std::string_view algorithm,
                                     const nlohmann::json& json,
                                     bool refuses_unknown) {
  const auto solver = json.find("solver");
  ModelOptions options =
      default_options(algorithm, solver == json.end() ? std::string() : solver->get<std::string>());
  const OptionRefs own = options.refs();
  for (const auto& [name, value] : json.items()) {
    if (const OptionRef* option = find_option(own, name))
      set_from_json(*option, value);
    else if (refuses_unknown && !is_option_of_any_model(name))
      fail(ErrorKind::model, "it holds '{}', which this program does not know", name);
  }
  return options;
}

}  // namespace movrec
