#include "support/small_data.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>
#include <string>

#include "movrec/core/files.hpp"

namespace movrec::test {

DataOptions small_data_options() {
  DataOptions options;
  options.dataset = "synthetic";
  options.synthetic_users = 60;
  options.synthetic_items = 40;
  options.synthetic_ratings = 900;
  return options;
}

Dataset small_dataset() {
  return load_dataset(small_data_options(), {});
}

std::filesystem::path write_ml_folder(const std::filesystem::path& folder, const Dataset& dataset) {
  make_directories(folder);
  const Ratings& ratings = dataset.ratings;
  std::string lines;
  for (std::size_t row = 0; row < ratings.size(); ++row)
    fmt::format_to(
        std::back_inserter(lines), "{}::{}::{}::{}\n", std::stoi(dataset.users.id(ratings.users[row]).text),
        std::stoi(dataset.items.id(ratings.items[row]).text), ratings.stars[row], ratings.times.at(row));
  write_file_atomically(folder / "ratings.dat", lines);

  lines.clear();
  for (std::int32_t i = 0; i < dataset.items.size(); ++i)
    fmt::format_to(std::back_inserter(lines), "{}::{}::{}\n", std::stoi(dataset.items.id(ItemIdx{i}).text),
                   dataset.catalog.title(ItemIdx{i}), fmt::join(dataset.catalog.genres(ItemIdx{i}), "|"));
  write_file_atomically(folder / "movies.dat", lines);

  lines.clear();
  const UserFeatures& features = dataset.user_features;
  for (std::size_t u = 0; u < features.ages.size(); ++u)
    fmt::format_to(std::back_inserter(lines), "{}::{}::{}::{}::{}\n", std::stoi(dataset.users.ids()[u].text),
                   features.genders[u], features.ages[u], features.occupations[u], features.zips[u]);
  write_file_atomically(folder / "users.dat", lines);
  return folder;
}

}  // namespace movrec::test
