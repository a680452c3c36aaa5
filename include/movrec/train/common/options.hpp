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

/// The names of the table of schedules.
std::vector<std::string_view> schedule_names();

/// The learning rate over time (train/common/schedule.hpp).
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
    visit(Field{.name = "min-lr",
                .help = "where a schedule that has a floor ends, as cosine and plateau have",
                .min = 0,
                .max = 1e3},
          self.min_lr);
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

}  // namespace movrec
