#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/options.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

/// Chosen on the validation rows of ml-1m, random 90/10.
struct SvdppOptions : FactorOptions,
                      FactorInitOptions,
                      PenaltyOptions,
                      EpochOptions,
                      ScheduleOptions,
                      FitOptions,
                      BiasOptions {
  double implicit_l2 = 0.3;

  SvdppOptions() {
    init_std = 0.03;
    epochs = 40;
    lr = 0.015;
    schedule = "cosine";
    warmup_epochs = 3;
    embedding_l2 = 0.08;
  }

  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<FactorOptions, FactorInitOptions, PenaltyOptions>(self, visit);
    visit(Field{.name = "implicit-l2",
                .help = "penalty on what having rated an item says about a user",
                .min = 0,
                .max = 1e9},
          self.implicit_l2);
    visit_parts<EpochOptions, ScheduleOptions, FitOptions, BiasOptions>(self, visit);
  }
};

/// SVD++ (solve/mf/svdpp.hpp). To answer, a user's factors are the sum of his own and what his items give him;
/// the items' implicit factors are kept, so that a history can be turned into factors later.
std::unique_ptr<Model> fit_svdpp_model(const FitContext&);
std::unique_ptr<Model> load_svdpp_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
