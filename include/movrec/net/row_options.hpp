#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "movrec/core/field.hpp"

namespace movrec {

/// Nets over whole rows of ratings (net/row_net.hpp): what stands in a row, what is hidden of it in training,
/// and what the loss asks for. Which of these a model uses stands in its row of the algorithm table.
struct RowNetOptions {
  std::string rows = "users";
  std::string activation = "relu";
  bool tied = false;
  int refeeds = 0;
  std::string noise = "none";
  double noise_level = 0;
  std::vector<std::int64_t> hide_percent;
  int passes = 1;
  std::string target = "seen";
  bool masked = false;
  bool one_hot_occupation = false;
  double kl_weight = 0;
  double kl_epochs = 0;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "rows",
                .help = "whose ratings are a row: each user's over all items, or each item's over all users",
                .choices = {"users", "items"}},
          self.rows);
    visit(Field{.name = "activation",
                .help = "of hidden layers",
                .choices = {"relu", "elu", "selu", "tanh", "sigmoid"}},
          self.activation);
    visit(Field{.name = "tied", .help = "the decoder's weights are the encoder's, transposed"}, self.tied);
    visit(Field{.name = "refeeds",
                .help = "autoencoder: how often the output, made a full row, is to be its own output too",
                .min = 0,
                .max = 8},
          self.refeeds);
    visit(Field{.name = "noise",
                .help = "on a row before it goes in, never on what is asked for: mask leaves out a "
                        "--noise-level of its ratings, dropout does and scales up the others, gaussian adds "
                        "N(0, noise-level²)",
                .choices = {"none", "mask", "dropout", "gaussian"}},
          self.noise);
    visit(
        Field{.name = "noise-level", .help = "share of ratings, or standard deviation", .min = 0, .max = 10},
        self.noise_level);
    visit(Field{.name = "hide-percent",
                .help = "each time a row comes, one of these percentages of its ratings is hidden from the "
                        "input, drawn anew ('': none)",
                .min = 0,
                .max = 100},
          self.hide_percent);
    visit(Field{.name = "passes",
                .help = "how often a row comes in an epoch, each time with other ratings hidden",
                .min = 1,
                .max = 1000},
          self.passes);
    visit(Field{.name = "target",
                .help = "what the outputs stand for: seen, whether the item was rated (cross-entropy), or "
                        "stars, as a share of the highest (squared error; 0 where not rated)",
                .choices = {"seen", "stars"}},
          self.target);
    visit(Field{.name = "masked", .help = "only what the input does not show counts in the loss"},
          self.masked);
    visit(Field{.name = "one-hot-occupation", .help = "an input for each occupation instead of one for all"},
          self.one_hot_occupation);
    visit(
        Field{.name = "kl-weight",
              .help =
                  "multvae, recvae: weight of the divergence from the prior (recvae: for each rating of the "
                  "user)",
              .min = 0,
              .max = 100},
        self.kl_weight);
    visit(Field{.name = "kl-epochs",
                .help = "multvae: the weight grows from 0 over so many epochs",
                .min = 0,
                .max = 1e6},
          self.kl_epochs);
  }
};

}  // namespace movrec
