#pragma once

#include <memory>

#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/options.hpp"
#include "movrec/net/row_options.hpp"
#include "movrec/solve/common/bias.hpp"
#include "movrec/solve/common/positive_options.hpp"
#include "movrec/train/options.hpp"

namespace movrec {

// Nets over whole rows of ratings (net/row_net.hpp). A user of the training rows is asked about by his own row,
// a history by the row that it makes; so new users need no training.

/// What they share.
struct RowModelOptions : LayerOptions, InitOptions, NoiseOptions, RowTrainOptions, BiasOptions {
  static constexpr std::string_view kGroup = option_group::kModel;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<LayerOptions, InitOptions, NoiseOptions, RowTrainOptions, BiasOptions>(self, visit);
    visit(Reworded{"init-std", "standard deviation of initial weights that are normal or uniform"});
  }
};

/// Chosen on the validation rows of ml-1m, users held out.
struct AutoencoderOptions : RowModelOptions, ActivationOptions, DropoutOptions, CodingOptions {
  AutoencoderOptions() {
    layers = {512};
    activation = "sigmoid";
    dropout = 0.2;
    init = "xavier";
    batch_size = 128;
    epochs = 25;
    lr = 0.001;
    weight_decay = 1e-4;
    noise = "dropout";
    noise_level = 0.3;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<CodingOptions, ActivationOptions, DropoutOptions, RowModelOptions>(self, visit);
    visit(Reworded{"layers", "widths of the hidden layers to the code, which are mirrored back"});
  }
};

/// Stars: what the biases say (solve/common/bias.hpp) and what the autoencoder makes of what they leave over. With
/// --rows items a row is an item's, and only users of the training rows are known.
std::unique_ptr<Model> fit_autoencoder_model(const FitContext&);
std::unique_ptr<Model> load_autoencoder_model(const ModelSpec&, const StateDict&);

struct ProfileOptions : RowModelOptions,
                        ActivationOptions,
                        DropoutOptions,
                        HidingOptions,
                        PassOptions,
                        PositiveOptions {
  ProfileOptions() {
    layers = {1024, 1024, 1024};
    dropout = 0.1;
    init = "xavier";
    batch_size = 64;
    hide_percent = {20, 40, 60, 80, 90};
    passes = 4;
    epochs = 10;
    lr = 0.001;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<HidingOptions, PassOptions, PositiveOptions, ActivationOptions, DropoutOptions,
                RowModelOptions>(self, visit);
  }
};

struct MultVaeOptions : RowModelOptions,
                        ActivationOptions,
                        DropoutOptions,
                        DivergenceOptions,
                        DivergenceGrowthOptions,
                        PositiveOptions {
  MultVaeOptions() {
    layers = {600, 200};
    activation = "tanh";
    init = "xavier";
    batch_size = 128;
    noise = "dropout";
    noise_level = 0.5;
    kl_weight = 0.2;
    kl_epochs = 30;
    epochs = 60;
    lr = 0.001;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<DivergenceOptions, DivergenceGrowthOptions, PositiveOptions, ActivationOptions,
                DropoutOptions, RowModelOptions>(self, visit);
    visit(Reworded{"layers", "widths of the hidden layers, of which the last is latent"});
  }
};

struct RecVaeOptions : RowModelOptions, DivergenceOptions, PassOptions, PositiveOptions {
  RecVaeOptions() {
    layers = {600, 600, 600, 600, 600, 200};
    batch_size = 128;
    noise = "dropout";
    noise_level = 0.5;
    kl_weight = 0.005;
    passes = 4;
    epochs = 20;
    lr = 0.0005;
  }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<DivergenceOptions, PassOptions, PositiveOptions, RowModelOptions>(self, visit);
    visit(Reworded{"layers", "widths of the hidden layers, of which the last is latent"});
    visit(Reworded{"kl-weight", "weight of the divergence from the prior, for each rating of the user"});
    visit(Reworded{"passes", "how often a row comes in an epoch, each time with other noise"});
  }
};

/// Rankers: scores are the outputs before their last squashing.
std::unique_ptr<Model> fit_ranking_net_model(const FitContext&);
std::unique_ptr<Model> load_ranking_net_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
