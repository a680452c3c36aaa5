#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace movrec {

/// What a run's folder says of itself, without its model.
struct ListedRun {
  enum class State { finished, unfinished, damaged };

  std::filesystem::path folder;
  State state = State::unfinished;  ///< unfinished: there is no result yet; damaged: it cannot be read
  std::string model{};
  std::string selects_by{};                        ///< what validation measures
  std::optional<double> valid{};                   ///< none without validation rows
  std::optional<double> test_rmse{}, test_ndcg{};  ///< none where the model was not measured by that
};

/// The runs in a folder, the newest first: those of train, blend and cv. Error{usage} if there is no such folder.
std::vector<ListedRun> list_runs(const std::filesystem::path& runs_dir);

}  // namespace movrec
