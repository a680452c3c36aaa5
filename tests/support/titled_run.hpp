#pragma once

#include <functional>
#include <string>

#include "movrec/core/files.hpp"
#include "support/cli_run.hpp"
#include "support/fitted_run.hpp"

namespace movrec::test {

/// A model fitted on small data in which some items have titles that people know.
class TitledRun {
 public:
  static constexpr ItemIdx kToyStory{0}, kToyStory2{1}, kStarWars{2}, kSabrina1995{3}, kSabrina1954{4},
      kMatrix{5}, kUnknown{6};

  explicit TitledRun(const std::string& algorithm, const std::function<void(ModelOptions&)>& adjust = {})
      : run(algorithm, {}, data(folder), {}, adjust) {}

  /// The item's id as a person types it.
  std::string id(ItemIdx item) const { return run.dataset.items.id(item).text; }
  CliResult cli(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin() + 1, {"--runs-dir", run.runs()});
    return run_cli(arguments, "movrec", input);
  }
  /// Writes FOLDER/NAME and returns its path.
  std::string file(const std::string& name, const std::string& content) const {
    write_file_atomically(folder / name, content);
    return (folder / name).string();
  }

  TempDir folder;
  FittedRun run;

 private:
  static DataOptions data(const TempDir& folder) {
    Dataset dataset = small_dataset();
    const auto name = [&](ItemIdx item, const char* title) { dataset.catalog.titles[index(item)] = title; };
    name(kToyStory, "Toy Story (1995)");
    name(kToyStory2, "Toy Story 2 (1999)");
    name(kStarWars, "Star Wars (1977)");
    name(kSabrina1995, "Sabrina (1995)");
    name(kSabrina1954, "Sabrina (1954)");
    name(kMatrix, "Matrix, The (1999)");
    name(kUnknown, "unknown");
    DataOptions options;
    options.data = write_ml_folder(folder / "titled", dataset).string();
    return options;
  }
};

}  // namespace movrec::test
