#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/dataset.hpp"
#include "movrec/data/split.hpp"
#include "movrec/model/table/algorithm.hpp"

namespace movrec {

/// Ratings that came after training, by the data set's own ids. A model that looks at histories answers for
/// these users from their training ratings and these, of which the later one counts: by time, else as they came in.
struct AddedRatings {
  std::vector<UserId> users;
  std::vector<ItemId> items;
  std::vector<float> stars;
  std::vector<std::int64_t> times{};  ///< unix seconds, 0 where unknown; empty where all are
};

/// One self-describing file (`best.pt`, `last.pt`), which `torch.load(…, weights_only=True)` opens, too: a model
/// that answers, the data and the split it belongs to, and, in `last.pt`, all that a resumed run needs.
struct Checkpoint {
  static constexpr int kFormat = 3;  ///< what is written; older ones are read

  ModelSpec spec;
  DataOptions data;
  SplitOptions split;
  std::string dataset_name, dataset_checksum, split_digest;
  bool refitted = false;  ///< trained on training and validation rows
  int epoch = 0;
  nlohmann::json metrics = nlohmann::json::object();  ///< what was known when it was saved
  nlohmann::json progress =
      nlohmann::json::object();  ///< the run's bookkeeping: early stop, history, seconds
  UserMap users;
  ItemMap items;
  StateDict model;
  std::optional<StateDict> trainer;
  AddedRatings added{};
};

/// Atomic: the old file stays until the new one is whole. Error{failure}.
void save_checkpoint(const std::filesystem::path&, const Checkpoint&);
/// Error{model} for a missing, foreign, cut, hostile or newer file, in one line that says which. What a file makes
/// it allocate stays within a small multiple of the file's size.
Checkpoint load_checkpoint(const std::filesystem::path&);
/// Error{model} where an array is not what the algorithm expects.
std::unique_ptr<Model> load_model(const Checkpoint&);

}  // namespace movrec
