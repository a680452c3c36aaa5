#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/field.hpp"

namespace movrec {

// Nets over whole rows of ratings (net/row_net.hpp) in parts, of which each model has those that it looks at:
// what stands in a row, what is hidden of it in training, and what the loss asks for.

std::vector<std::string_view> activation_names();

struct ActivationOptions {
  std::string activation = "relu";

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "activation", .help = "of hidden layers", .choices = activation_names()},
          self.activation);
  }
};

struct NoiseOptions {
  std::string noise = "none";
  double noise_level = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "noise",
                .help = "on a row before it goes in, never on what is asked for: mask leaves out a "
                        "‹noise-level› of its ratings, dropout does and scales up the others, gaussian adds "
                        "N(0, noise-level²)",
                .choices = {"none", "mask", "dropout", "gaussian"}},
          self.noise);
    visit(
        Field{.name = "noise-level", .help = "share of ratings, or standard deviation", .min = 0, .max = 10},
        self.noise_level);
  }
};

struct PassOptions {
  int passes = 1;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "passes",
                .help = "how often a row comes in an epoch, each time with other ratings hidden",
                .min = 1,
                .max = 1000},
          self.passes);
  }
};

/// Of an autoencoder of stars.
struct CodingOptions {
  std::string rows = "users";
  bool tied = false;
  int refeeds = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "rows",
                .help = "whose ratings are a row: each user's over all items, or each item's over all users",
                .choices = {"users", "items"}},
          self.rows);
    visit(Field{.name = "tied", .help = "the decoder's weights are the encoder's, transposed"}, self.tied);
    visit(Field{.name = "refeeds",
                .help = "how often the output, made a full row, is to be its own output too",
                .min = 0,
                .max = 8},
          self.refeeds);
  }
};

/// Of a perceptron that is asked for what a row does not show.
struct HidingOptions {
  std::vector<std::int64_t> hide_percent;
  std::string target = "seen";
  bool masked = false;
  bool one_hot_occupation = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "hide-percent",
                .help = "each time a row comes, one of these percentages of its ratings is hidden from the "
                        "input, drawn anew ('': none)",
                .min = 0,
                .max = 100},
          self.hide_percent);
    visit(Field{.name = "target",
                .help = "what the outputs stand for: seen, whether the item was rated (cross-entropy), or "
                        "stars, as a share of the highest (squared error; 0 where not rated)",
                .choices = {"seen", "stars"}},
          self.target);
    visit(Field{.name = "masked", .help = "only what the input does not show counts in the loss"},
          self.masked);
    visit(Field{.name = "one-hot-occupation", .help = "an input for each occupation instead of one for all"},
          self.one_hot_occupation);
  }
};

/// Of a variational autoencoder.
struct DivergenceOptions {
  double kl_weight = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "kl-weight", .help = "weight of the divergence from the prior", .min = 0, .max = 100},
          self.kl_weight);
  }
};

struct DivergenceGrowthOptions {
  double kl_epochs = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "kl-epochs",
                .help = "‹kl-weight› grows from 0 over so many epochs",
                .min = 0,
                .max = 1e6},
          self.kl_epochs);
  }
};

/// All that a RowNet and its rows may depend on, besides NetOptions.
struct RowNetOptions : CodingOptions,
                       ActivationOptions,
                       NoiseOptions,
                       PassOptions,
                       HidingOptions,
                       DivergenceOptions,
                       DivergenceGrowthOptions {
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<CodingOptions, ActivationOptions, NoiseOptions, PassOptions, HidingOptions, DivergenceOptions,
                DivergenceGrowthOptions>(self, visit);
  }
};

}  // namespace movrec
