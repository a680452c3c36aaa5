#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "movrec/model/table/algorithm.hpp"

/// Which options the rows of the algorithm table use, and their defaults where they differ from the structs'.
namespace movrec::algorithm_options {

template <std::size_t... sizes>
constexpr auto joined(const std::array<std::string_view, sizes>&... lists) {
  std::array<std::string_view, (sizes + ...)> out{};
  auto* to = out.begin();
  ((to = std::copy(lists.begin(), lists.end(), to)), ...);
  return out;
}
template <class... Names>
constexpr auto names(Names... of) {
  return std::array<std::string_view, sizeof...(of)>{of...};
}

constexpr auto kDamping = names("user-damping", "item-damping");
constexpr auto kSchedule = names("schedule", "min-lr", "period", "gamma", "lr-patience", "warmup-epochs");
constexpr auto kTraining = joined(names("epochs",
                                        "batch-size",
                                        "lr",
                                        "seed",
                                        "optimizer",
                                        "momentum",
                                        "nesterov",
                                        "weight-decay",
                                        "embedding-l2",
                                        "embedding-update",
                                        "clip-norm",
                                        "patience",
                                        "min-delta",
                                        "refit",
                                        "amp",
                                        "cuda-graph"),
                                  kSchedule,
                                  kDamping);
constexpr auto kAnyNet = joined(
    names("init", "init-std", "output", "loss", "huber-delta", "bias-terms", "global-mean"), kTraining);
constexpr auto kProductNet = joined(names("embedding-dim"), kAnyNet);
constexpr auto kMfAutograd = joined(names("solver"), kProductNet);
constexpr auto kMfSolved = joined(names("solver",
                                        "embedding-dim",
                                        "bias-terms",
                                        "global-mean",
                                        "epochs",
                                        "seed",
                                        "patience",
                                        "min-delta",
                                        "refit"),
                                  kDamping);
constexpr auto kMfAls = joined(names("implicit-l2", "noise-damping"), kMfSolved);
constexpr auto kMfSgd = joined(names("init-std", "lr", "embedding-l2"), kSchedule, kMfSolved);
constexpr auto kTowerNet = joined(names("layers", "dropout"), kAnyNet);
constexpr auto kBothNet = joined(names("embedding-dim", "layers", "dropout"), kAnyNet);
constexpr auto kBfm = names(
    "embedding-dim", "seed", "refit", "likelihood", "features", "sweeps", "burn-in", "chains", "samples");
constexpr auto kSparseFc = joined(names("layers",
                                        "epochs",
                                        "seed",
                                        "patience",
                                        "min-delta",
                                        "refit",
                                        "kernel",
                                        "kernel-dim",
                                        "kernel-l2",
                                        "weight-l2"),
                                  kDamping);
constexpr auto kSvdpp = joined(names("embedding-dim",
                                     "init-std",
                                     "lr",
                                     "embedding-l2",
                                     "implicit-l2",
                                     "epochs",
                                     "seed",
                                     "patience",
                                     "min-delta",
                                     "refit"),
                               kSchedule,
                               kDamping);
constexpr auto kKnn = joined(names("neighbours",
                                   "candidates",
                                   "similarity",
                                   "shrinkage",
                                   "min-common",
                                   "similarity-power",
                                   "weight-damping"),
                             kDamping);
constexpr auto kItemDamping = names("item-damping");
constexpr auto kTopN = joined(names("positive-from"), kDamping);
constexpr auto kEase = joined(names("l2", "item-dropout", "stars-weight"), kTopN);
constexpr auto kItemKnn = joined(names("similar-items", "similarity-damping"), kTopN);
constexpr auto kRankingEpochs =
    joined(names("embedding-dim", "l2", "epochs", "seed", "patience", "min-delta", "refit"), kTopN);
constexpr auto kIals = joined(names("unseen-weight"), kRankingEpochs);
constexpr auto kBpr = joined(names("init-std", "lr"), kSchedule, kRankingEpochs);

constexpr auto kRowTraining = joined(names("layers",
                                           "init",
                                           "init-std",
                                           "noise",
                                           "noise-level",
                                           "epochs",
                                           "batch-size",
                                           "lr",
                                           "seed",
                                           "optimizer",
                                           "momentum",
                                           "nesterov",
                                           "weight-decay",
                                           "clip-norm",
                                           "patience",
                                           "min-delta",
                                           "refit"),
                                     kSchedule,
                                     kDamping);
constexpr auto kRowNet = joined(names("activation", "dropout"), kRowTraining);
constexpr auto kAutoencoder = joined(names("rows", "tied", "refeeds"), kRowNet);
constexpr auto kProfile = joined(
    names("hide-percent", "passes", "target", "masked", "one-hot-occupation", "positive-from"), kRowNet);
constexpr auto kRecVae = joined(names("kl-weight", "passes", "positive-from"), kRowTraining);
constexpr auto kMultVae = joined(names("kl-weight", "kl-epochs", "positive-from"), kRowNet);

using Default = OptionDefault;
// Chosen on the validation rows of ml-1m, random 80/20.
constexpr std::array kMfAlsDefaults{Default{"embedding-dim", "32"}, Default{"global-mean", "true"},
                                    Default{"epochs", "12"}};
constexpr std::array kBiasedMfAlsDefaults{Default{"embedding-dim", "32"}, Default{"global-mean", "true"},
                                          Default{"bias-terms", "true"}, Default{"epochs", "12"}};
constexpr std::array kMfSgdDefaults{Default{"solver", "sgd"},       Default{"embedding-dim", "64"},
                                    Default{"global-mean", "true"}, Default{"init-std", "0.1"},
                                    Default{"epochs", "30"},        Default{"lr", "0.02"},
                                    Default{"schedule", "cosine"},  Default{"embedding-l2", "0.07"}};
constexpr std::array kBiasedMfSgdDefaults{
    Default{"solver", "sgd"},      Default{"embedding-dim", "64"}, Default{"global-mean", "true"},
    Default{"bias-terms", "true"}, Default{"init-std", "0.1"},     Default{"epochs", "30"},
    Default{"lr", "0.02"},         Default{"schedule", "cosine"},  Default{"embedding-l2", "0.07"}};
constexpr std::array kMfDefaults{Default{"solver", "autograd"}, Default{"global-mean", "true"},
                                 Default{"schedule", "one-cycle"}, Default{"epochs", "12"},
                                 Default{"embedding-l2", "0.045"}};
constexpr std::array kBiasedMfDefaults{Default{"solver", "autograd"}, Default{"global-mean", "true"},
                                       Default{"bias-terms", "true"}, Default{"schedule", "one-cycle"},
                                       Default{"epochs", "12"},       Default{"embedding-l2", "0.045"}};
constexpr std::array kGmfDefaults{Default{"global-mean", "true"}, Default{"schedule", "one-cycle"},
                                  Default{"epochs", "6"}, Default{"embedding-l2", "0.06"}};
constexpr std::array kMlpDefaults{Default{"global-mean", "true"}, Default{"schedule", "one-cycle"},
                                  Default{"epochs", "10"},        Default{"lr", "0.002"},
                                  Default{"dropout", "0.2"},      Default{"embedding-l2", "0.02"}};
constexpr std::array kNeuMfDefaults{Default{"global-mean", "true"},   Default{"bias-terms", "true"},
                                    Default{"schedule", "one-cycle"}, Default{"epochs", "8"},
                                    Default{"layers", "16,8"},        Default{"dropout", "0.3"},
                                    Default{"embedding-l2", "0.15"}};

// Chosen on the validation rows of ml-1m, random 90/10.
constexpr std::array kSvdppDefaults{Default{"embedding-dim", "64"},  Default{"init-std", "0.03"},
                                    Default{"epochs", "40"},         Default{"lr", "0.015"},
                                    Default{"schedule", "cosine"},   Default{"warmup-epochs", "3"},
                                    Default{"embedding-l2", "0.08"}, Default{"implicit-l2", "0.3"}};
constexpr std::array kBfmDefaults{Default{"embedding-dim", "32"}};
constexpr std::array kSparseFcDefaults{Default{"layers", "500,500"}, Default{"epochs", "1000"}};

// On those of ml-1m, users held out.
constexpr std::array kAutoencoderDefaults{Default{"layers", "512"},     Default{"activation", "sigmoid"},
                                          Default{"dropout", "0.2"},    Default{"init", "xavier"},
                                          Default{"batch-size", "128"}, Default{"epochs", "25"},
                                          Default{"lr", "0.001"},       Default{"weight-decay", "1e-4"},
                                          Default{"noise", "dropout"},  Default{"noise-level", "0.3"}};

// Of the top-N models: chosen on validation rows of ml-1m, leave-last.
constexpr std::array kEaseDefaults{Default{"l2", "200"}};
constexpr std::array kItemKnnDefaults{Default{"similar-items", "50"}};
constexpr std::array kIalsDefaults{Default{"embedding-dim", "192"}, Default{"l2", "0.007"},
                                   Default{"unseen-weight", "0.3"}, Default{"epochs", "12"}};
constexpr std::array kBprDefaults{Default{"embedding-dim", "64"}, Default{"init-std", "0.1"},
                                  Default{"lr", "0.1"},           Default{"l2", "0.005"},
                                  Default{"epochs", "40"},        Default{"schedule", "cosine"}};

constexpr std::array kProfileDefaults{Default{"layers", "1024,1024,1024"},
                                      Default{"dropout", "0.1"},
                                      Default{"init", "xavier"},
                                      Default{"batch-size", "64"},
                                      Default{"hide-percent", "20,40,60,80,90"},
                                      Default{"passes", "4"},
                                      Default{"epochs", "10"},
                                      Default{"lr", "0.001"}};
constexpr std::array kMultVaeDefaults{Default{"layers", "600,200"}, Default{"activation", "tanh"},
                                      Default{"init", "xavier"},    Default{"batch-size", "128"},
                                      Default{"noise", "dropout"},  Default{"noise-level", "0.5"},
                                      Default{"kl-weight", "0.2"},  Default{"kl-epochs", "30"},
                                      Default{"epochs", "60"},      Default{"lr", "0.001"}};

constexpr std::array kRecVaeDefaults{Default{"layers", "600,600,600,600,600,200"},
                                     Default{"batch-size", "128"},
                                     Default{"noise", "dropout"},
                                     Default{"noise-level", "0.5"},
                                     Default{"kl-weight", "0.005"},
                                     Default{"passes", "4"},
                                     Default{"epochs", "20"},
                                     Default{"lr", "0.0005"}};

}  // namespace movrec::algorithm_options
