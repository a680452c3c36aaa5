#pragma once

#include "movrec/train/common/options.hpp"

namespace movrec {

/// The names of the table of optimizers.
std::vector<std::string_view> optimizer_names();

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
                .help = "L2 penalty on all weights; adamw and its like decay them apart from the gradient",
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
