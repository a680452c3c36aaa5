#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/data/split.hpp"
#include "support/small_data.hpp"
#include "support/temp_dir.hpp"

namespace movrec::test {

/// A fitted model, saved as RUNS/run/best.pt, with all that a test compares with.
struct FittedRun {
  /// `change` may falsify the checkpoint before it is saved; `adjust` changes options before the fit.
  explicit FittedRun(const std::string& algorithm,
                     const std::function<void(Checkpoint&)>& change = {},
                     const DataOptions& data = small_data_options(),
                     const CacheOptions& cache = {},
                     const std::function<void(ModelOptions&)>& adjust = {})
      : dataset(load_dataset(data, cache)),
        split(make_split(dataset, {})),
        train(dataset.ratings.subset(split.train)) {
    Checkpoint checkpoint{.spec = {.algorithm = algorithm,
                                   .options = default_options(algorithm),
                                   .n_users = dataset.users.size(),
                                   .n_items = dataset.items.size(),
                                   .stars = dataset.stars},
                          .data = data,
                          .split = {},
                          .dataset_name = dataset.name,
                          .dataset_checksum = dataset.checksum,
                          .split_digest = split.digest,
                          .users = dataset.users,
                          .items = dataset.items,
                          .model = {},
                          .trainer = {}};
    if (adjust) adjust(checkpoint.spec.options);
    model = find_algorithm(algorithm).fit({.spec = checkpoint.spec, .train = train});
    checkpoint.model = model->state();
    if (change) change(checkpoint);
    std::filesystem::create_directories(dir / "runs/run");
    save_checkpoint(dir / "runs/run/best.pt", checkpoint);
  }

  std::string runs() const { return (dir / "runs").string(); }

  TempDir dir;
  Dataset dataset;
  Split split;
  Ratings train;
  std::unique_ptr<Model> model;
};

}  // namespace movrec::test
