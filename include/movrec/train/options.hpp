#pragma once

#include <cstdint>
#include <string>

#include "movrec/core/field.hpp"

namespace movrec {

/// How a Net is trained.
struct TrainOptions {
  int epochs = 20;
  std::int64_t batch_size = 2048;
  double lr = 0.003;
  std::uint64_t seed = 1;
  std::string optimizer = "adam";
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  double embedding_l2 = 0;
  std::string embedding_update = "sparse";
  double clip_norm = 0;
  std::string schedule = "constant";
  double min_lr = 0;
  int period = 0;
  double gamma = 0.1;
  int lr_patience = 5;
  double warmup_epochs = 0;
  int patience = 0;
  double min_delta = 0;
  bool refit = false;
  bool amp = false;
  std::string cuda_graph = "on";

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "epochs", .help = "passes over the training rows", .min = 1, .max = 1e6},
          self.epochs);
    visit(Field{.name = "batch-size", .help = "rows per step", .min = 1, .max = 1e8}, self.batch_size);
    visit(Field{.name = "lr", .help = "learning rate; the peak of a schedule", .min = 1e-12, .max = 1e3},
          self.lr);
    visit(Field{.name = "seed", .help = "seed of weights, batches and dropout"}, self.seed);
    visit(Field{.name = "optimizer",
                .help = "the update rule",
                .choices = {"sgd", "adam", "adamw", "rmsprop", "adagrad"}},
          self.optimizer);
    visit(Field{.name = "momentum", .help = "of sgd and rmsprop", .min = 0, .max = 0.9999}, self.momentum);
    visit(Field{.name = "nesterov", .help = "sgd: Nesterov's momentum"}, self.nesterov);
    visit(Field{.name = "weight-decay",
                .help = "L2 penalty on all weights (adamw: decoupled)",
                .min = 0,
                .max = 100},
          self.weight_decay);
    visit(Field{.name = "embedding-l2",
                .help = "L2 penalty per rating on the embedding rows of the batch",
                .min = 0,
                .max = 100},
          self.embedding_l2);
    visit(
        Field{
            .name = "embedding-update",
            .help =
                "sparse: a step changes the rows of its batch; dense: all rows, as LibTorch's optimizers do",
            .choices = {"sparse", "dense"}},
        self.embedding_update);
    visit(Field{.name = "clip-norm",
                .help = "scale gradients down to this norm (0: never)",
                .min = 0,
                .max = 1e9},
          self.clip_norm);
    visit(Field{.name = "schedule",
                .help = "learning rate over time",
                .choices = {"constant", "cosine", "step", "exponential", "plateau", "one-cycle"}},
          self.schedule);
    visit(Field{.name = "min-lr", .help = "where cosine and plateau end", .min = 0, .max = 1e3}, self.min_lr);
    visit(Field{.name = "period",
                .help = "cosine: epochs of half a wave (0: all epochs); step: epochs between drops (0: 10)",
                .min = 0,
                .max = 1e6},
          self.period);
    visit(Field{.name = "gamma",
                .help = "factor of step (per drop), exponential (per epoch) and plateau",
                .min = 1e-6,
                .max = 1},
          self.gamma);
    visit(Field{.name = "lr-patience",
                .help = "plateau: epochs without improvement before a drop",
                .min = 0,
                .max = 1e6},
          self.lr_patience);
    visit(Field{.name = "warmup-epochs",
                .help = "linear warm-up of the learning rate from 0",
                .min = 0,
                .max = 1e6},
          self.warmup_epochs);
    visit(Field{.name = "patience",
                .help = "stop after this many epochs without a better validation RMSE (0: never)",
                .min = 0,
                .max = 1e6},
          self.patience);
    visit(Field{.name = "min-delta", .help = "what counts as better", .min = 0, .max = 100}, self.min_delta);
    visit(Field{.name = "refit",
                .help =
                    "afterwards train again on training and validation rows, for the best number of epochs"},
          self.refit);
    visit(Field{.name = "amp", .help = "bfloat16 in matrix products; on a GPU only"}, self.amp);
    visit(Field{.name = "cuda-graph",
                .help = "on a GPU, record a step once and repeat it (off: launch each kernel)",
                .choices = {"on", "off"}},
          self.cuda_graph);
  }
};

}  // namespace movrec
