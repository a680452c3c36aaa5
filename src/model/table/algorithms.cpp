#include <array>

#include "model/table/algorithm_options.hpp"
#include "movrec/core/table.hpp"
#include "movrec/model/rank/topn_models.hpp"
#include "movrec/model/stars/bfm_model.hpp"
#include "movrec/model/stars/closed_form.hpp"
#include "movrec/model/stars/knn_model.hpp"
#include "movrec/model/stars/sparsefc_model.hpp"
#include "movrec/model/stars/svdpp_model.hpp"
#include "movrec/model/table/algorithm.hpp"
#include "movrec/model/table/blend_model.hpp"
#include "movrec/model/torch/mf_model.hpp"
#include "movrec/model/torch/net_model.hpp"
#include "movrec/model/torch/row_net_models.hpp"

namespace movrec {
namespace {

using namespace algorithm_options;

constexpr Algorithm net(std::string_view name,
                        std::string_view summary,
                        std::span<const std::string_view> uses,
                        std::span<const Default> defaults) {
  return {.name = name,
          .summary = summary,
          .uses = uses,
          .defaults = defaults,
          .fit = fit_net_model,
          .load = load_net_model,
          .trains_by_gradient = true,
          .supports = {.history = true}};
}

constexpr std::array kMfSolvers{Solver{"als", kMfAls, kMfAlsDefaults}, Solver{"sgd", kMfSgd, kMfSgdDefaults},
                                Solver{"autograd", kMfAutograd, kMfDefaults}};
constexpr std::array kBiasedMfSolvers{Solver{"als", kMfAls, kBiasedMfAlsDefaults},
                                      Solver{"sgd", kMfSgd, kBiasedMfSgdDefaults},
                                      Solver{"autograd", kMfAutograd, kBiasedMfDefaults}};

constexpr Algorithm factors(std::string_view name,
                            std::string_view summary,
                            std::span<const Solver> solvers) {
  return {.name = name,
          .summary = summary,
          .uses = solvers.front().uses,
          .defaults = solvers.front().defaults,
          .fit = fit_mf_model,
          .load = load_net_model,
          .trains_by_gradient = true,
          .solvers = solvers,
          .supports = {.history = true}};
}

/// Models that rank, for new users too, and whose scores are no stars.
constexpr Algorithm ranker(std::string_view name,
                           std::string_view summary,
                           std::span<const std::string_view> uses,
                           std::span<const Default> defaults,
                           decltype(Algorithm::fit) fit,
                           decltype(Algorithm::load) load) {
  return {.name = name,
          .summary = summary,
          .uses = uses,
          .defaults = defaults,
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

constexpr std::array kAlgorithms{
    Algorithm{.name = "popularity",
              .summary = "the most rated items, the same for everybody",
              .uses = kItemDamping,
              .defaults = {},
              .fit = fit_popularity_model,
              .load = load_popularity_model,
              .selects_by = "ndcg@10"},
    Algorithm{.name = "bias",
              .summary = "global mean + damped user and item biases",
              .uses = kDamping,
              .defaults = {},
              .fit = fit_bias_model,
              .load = load_bias_model,
              .supports = {.history = true}},
    Algorithm{.name = "knn",
              .summary = "the most similar items that the user rated, by what biases leave over",
              .uses = kKnn,
              .defaults = {},
              .fit = fit_knn_model,
              .load = load_knn_model,
              .supports = {.history = true},
              .ranks_slowly = true},
    factors("mf", "matrix factorization: the product of user and item factors", kMfSolvers),
    factors("biased-mf", "matrix factorization with user and item biases", kBiasedMfSolvers),
    Algorithm{.name = "svdpp",
              .summary = "SVD++: biased-mf in which what a user has rated speaks too",
              .uses = kSvdpp,
              .defaults = kSvdppDefaults,
              .fit = fit_svdpp_model,
              .load = load_svdpp_model,
              .trains_by_gradient = true,
              .supports = {.history = true}},
    net("gmf",
        "generalized matrix factorization: a weight per factor of the product",
        kProductNet,
        kGmfDefaults),
    net("mlp", "multi-layer perceptron over both embeddings", kTowerNet, kMlpDefaults),
    net("neumf", "neural matrix factorization: gmf and mlp under one output", kBothNet, kNeuMfDefaults),
    Algorithm{.name = "bfm",
              .summary = "Bayesian factorization machine with side features, by Gibbs sampling",
              .uses = kBfm,
              .defaults = kBfmDefaults,
              .fit = fit_bfm_model,
              .load = load_bfm_model,
              .averages_sweeps = true,
              .supports = {.history = true, .demographics = true},
              .ranks_slowly = true},
    Algorithm{.name = "sparsefc",
              .summary = "autoencoder of items with kernelised weights, by L-BFGS",
              .uses = kSparseFc,
              .defaults = kSparseFcDefaults,
              .fit = fit_sparsefc_model,
              .load = load_sparsefc_model,
              .trains_by_gradient = true,
              .supports = {.history = true}},
    Algorithm{.name = "autoencoder",
              .summary = "autoencoder of users' (or items') ratings, of any depth",
              .uses = kAutoencoder,
              .defaults = kAutoencoderDefaults,
              .fit = fit_autoencoder_model,
              .load = load_autoencoder_model,
              .trains_by_gradient = true,
              .supports = {.history = true}},
    ranker("ease",
           "top-N: linear weights between items, in closed form",
           kEase,
           kEaseDefaults,
           fit_ease_model,
           load_ease_model),
    ranker("item-knn",
           "top-N: the items most similar to those of a user",
           kItemKnn,
           kItemKnnDefaults,
           fit_item_knn_model,
           load_item_knn_model),
    in_epochs(ranker("ials",
                     "top-N: factors of who rated what, by alternating least squares",
                     kIals,
                     kIalsDefaults,
                     fit_ials_model,
                     load_ials_model)),
    in_epochs(ranker("bpr",
                     "top-N: factors that put a user's items before others",
                     kBpr,
                     kBprDefaults,
                     fit_bpr_model,
                     load_bpr_model)),
    with_demographics(in_epochs(ranker("profile",
                                       "top-N: a perceptron from who a user is and what he has rated",
                                       kProfile,
                                       kProfileDefaults,
                                       fit_ranking_net_model,
                                       load_ranking_net_model))),
    in_epochs(ranker("multvae",
                     "top-N: a variational autoencoder of who rated what",
                     kMultVae,
                     kMultVaeDefaults,
                     fit_ranking_net_model,
                     load_ranking_net_model)),
    in_epochs(ranker("recvae",
                     "top-N: multvae with a deep encoder, trained in turns with its decoder",
                     kRecVae,
                     kRecVaeDefaults,
                     fit_ranking_net_model,
                     load_ranking_net_model)),
    Algorithm{.name = "blend",
              .summary = "the weighted mean of other runs' predictions (made by movrec blend)",
              .uses = {},
              .defaults = {},
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

Algorithm with_solver(Algorithm algorithm, std::string_view solver) {
  if (algorithm.solvers.empty()) return algorithm;
  const Solver& row = find_row(algorithm.solvers, "solver", solver);
  algorithm.uses = row.uses;
  algorithm.defaults = row.defaults;
  return algorithm;
}

}  // namespace movrec
