#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/cli/command.hpp"

namespace movrec::cli {

/// Which checkpoint answers, and where its data lies on this machine.
struct FittedOptions {
  std::string checkpoint;
  std::string data;
  CacheOptions cache;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "checkpoint",
                .help = "a checkpoint or a run's folder (default: best.pt of the newest run)",
                .value_name = "PATH"},
          self.checkpoint);
    visit(Field{.name = "data",
                .help = "read the ratings that the model was trained on from here, where they have moved",
                .value_name = "PATH"},
          self.data);
    CacheOptions::fields(self.cache, visit);
  }
};

/// A checkpoint with all that it answers about.
struct Fitted {
  std::filesystem::path path;
  Checkpoint checkpoint;
  Dataset dataset;
  Split split;
  Ratings train;  ///< the rows that the model was fitted on
  std::unique_ptr<Model> model;
};

/// Error{model} if data or split are not those of the checkpoint: nobody evaluates on other rows by accident.
Fitted open_fitted(const FittedOptions&, const GlobalOptions&);

}  // namespace movrec::cli
