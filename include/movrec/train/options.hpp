#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/field.hpp"

namespace movrec {

/// Of every fit that goes on for some time.
struct FitOptions {
  std::uint64_t seed = 1;
  bool refit = false;

  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "seed", .help = "seed of all that is drawn at random"}, self.seed);
    visit(Field{.name = "refit",
                .help =
                    "afterwards train again on training and validation rows, for the best number of epochs"},
          self.refit);
  }
};

/// How long, for what goes epoch by epoch.
struct EpochOptions {
  int epochs = 20;
  int patience = 0;
  double min_delta = 0;

  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "epochs", .help = "passes over the training rows", .min = 1, .max = 1e6},
          self.epochs);
    visit(Field{.name = "patience",
                .help = "stop after this many epochs without a better validation result (0: never)",
                .min = 0,
                .max = 1e6},
          self.patience);
    visit(Field{.name = "min-delta", .help = "what counts as better", .min = 0, .max = 100}, self.min_delta);
  }
};

/// The names of the tables that options choose from.
std::vector<std::string_view> schedule_names();
std::vector<std::string_view> optimizer_names();

/// The learning rate over time (train/schedule.hpp).
struct ScheduleOptions {
  double lr = 0.003;
  std::string schedule = "constant";
  double min_lr = 0;
  int period = 0;
  double gamma = 0.1;
  int lr_patience = 5;
  double warmup_epochs = 0;

  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "lr", .help = "learning rate; the peak of a schedule", .min = 1e-12, .max = 1e3},
          self.lr);
    visit(Field{.name = "schedule", .help = "learning rate over time", .choices = schedule_names()},
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
  }
};

/// Steps down the gradient.
struct StepOptions {
  std::int64_t batch_size = 2048;
  std::string optimizer = "adam";
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 0;
  double clip_norm = 0;

  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "batch-size", .help = "rows per step", .min = 1, .max = 1e8}, self.batch_size);
    visit(Field{.name = "optimizer", .help = "the update rule", .choices = optimizer_names()},
          self.optimizer);
    visit(Field{.name = "momentum", .help = "of sgd and rmsprop", .min = 0, .max = 0.9999}, self.momentum);
    visit(Field{.name = "nesterov", .help = "sgd: Nesterov's momentum"}, self.nesterov);
    visit(Field{.name = "weight-decay",
                .help = "L2 penalty on all weights (adamw: decoupled)",
                .min = 0,
                .max = 100},
          self.weight_decay);
    visit(Field{.name = "clip-norm",
                .help = "scale gradients down to this norm (0: never)",
                .min = 0,
                .max = 1e9},
          self.clip_norm);
  }
};

struct PenaltyOptions {
  double embedding_l2 = 0;

  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "embedding-l2",
                .help = "L2 penalty per rating on the embeddings of its user and its item",
                .min = 0,
                .max = 100},
          self.embedding_l2);
  }
};

/// How a net over rows of ratings is trained.
struct RowTrainOptions : EpochOptions, ScheduleOptions, StepOptions, FitOptions {
  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<EpochOptions, ScheduleOptions, StepOptions, FitOptions>(self, visit);
  }
};

/// How a net over single ratings is trained.
struct TrainOptions : RowTrainOptions, PenaltyOptions {
  std::string embedding_update = "sparse";
  bool amp = false;
  std::string cuda_graph = "on";

  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit_parts<RowTrainOptions, PenaltyOptions>(self, visit);
    visit(
        Field{
            .name = "embedding-update",
            .help =
                "sparse: a step changes the rows of its batch; dense: all rows, as LibTorch's optimizers do",
            .choices = {"sparse", "dense"}},
        self.embedding_update);
    visit(Field{.name = "amp", .help = "bfloat16 in matrix products; on a GPU only"}, self.amp);
    visit(Field{.name = "cuda-graph",
                .help = "on a GPU, record a step once and repeat it (off: launch each kernel)",
                .choices = {"on", "off"}},
          self.cuda_graph);
  }
};

}  // namespace movrec
