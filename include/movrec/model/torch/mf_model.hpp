#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "movrec/model/torch/net_model.hpp"
#include "movrec/solve/mf/mf_als.hpp"
#include "movrec/solve/mf/mf_options.hpp"

namespace movrec {

// Options of matrix factorization, by solver; biases tell `biased-mf` and `mf` apart. The defaults were chosen on
// the validation rows of ml-1m, random 80/20.

struct SolverOptions {
  static constexpr std::string_view kAls = "als", kSgd = "sgd", kAutograd = "autograd";
  std::string solver;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        Field{.name = "solver",
              .help = "how factors are found: als solves for all users, then for all items, and needs no "
                      "learning rate or penalty; sgd goes rating by rating; autograd is what the other nets "
                      "train with",
              .choices = {kAls, kSgd, kAutograd}},
        self.solver);
  }
};

struct MfByAlsOptions : SolverOptions,
                        FactorOptions,
                        OffsetOptions,
                        MfAlsOptions,
                        EpochOptions,
                        FitOptions,
                        BiasOptions {
  explicit MfByAlsOptions(bool with_biases = false) {
    solver = kAls;
    embedding_dim = 32;
    global_mean = true;
    bias_terms = with_biases;
    epochs = 12;
  }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<SolverOptions, FactorOptions, OffsetOptions, MfAlsOptions, EpochOptions, FitOptions,
                BiasOptions>(self, visit);
    visit(Reworded{"epochs", "how often all users and then all items are solved for"});
  }
};

struct MfBySgdOptions : SolverOptions,
                        FactorOptions,
                        FactorInitOptions,
                        OffsetOptions,
                        PenaltyOptions,
                        EpochOptions,
                        ScheduleOptions,
                        FitOptions,
                        BiasOptions {
  explicit MfBySgdOptions(bool with_biases = false) {
    solver = kSgd;
    global_mean = true;
    bias_terms = with_biases;
    init_std = 0.1;
    epochs = 30;
    lr = 0.02;
    schedule = "cosine";
    embedding_l2 = 0.07;
  }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<SolverOptions, FactorOptions, FactorInitOptions, OffsetOptions, PenaltyOptions, EpochOptions,
                ScheduleOptions, FitOptions, BiasOptions>(self, visit);
  }
};

struct MfByAutogradOptions : SolverOptions, FactorOptions, PairNetOptions {
  explicit MfByAutogradOptions(bool with_biases = false) {
    solver = kAutograd;
    bias_terms = with_biases;
    epochs = 12;
    embedding_l2 = 0.045;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<SolverOptions, FactorOptions, PairNetOptions>(self, visit);
  }
};

/// Fits the pair net `mf` or `biased-mf` by the solver whose options it is given. Whichever it was, the
/// model is the one that load_net_model loads.
std::unique_ptr<Model> fit_mf_model(const FitContext&);

/// Of a pair net that is matrix factorization.
MfShape mf_shape(const NetOptions&);

}  // namespace movrec
