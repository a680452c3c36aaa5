#include "app/run_data.hpp"

#include <fmt/format.h>

#include <optional>

#include "movrec/checkpoint/file/data_copy.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/growth.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

/// Standard input and /dev/fd/N mean something else in every process.
bool is_lasting(const std::string& path) {
  return !path.empty() && path != "-" && !path.starts_with("/dev/") && !path.starts_with("/proc/");
}

template <class Change>
void for_each_path(DataOptions& data, Change&& change) {
  for (std::string* path : {&data.data, &data.train_file, &data.test_file, &data.items, &data.users})
    if (is_lasting(*path)) change(*path);
}

struct DataCopy {
  fs::path path;
  Dataset dataset;
};

/// The copy of the ratings with that checksum, of these users and items (filters may have left others), in the run's
/// folder or in the one around it, if there is one.
std::optional<DataCopy> find_copy(const std::string& checksum,
                                  const UserMap& users,
                                  const ItemMap& items,
                                  const fs::path& run_folder) {
  const fs::path folder = fs::absolute(run_folder / "").lexically_normal().parent_path();
  for (const fs::path& place : {folder, folder.parent_path()}) {
    std::error_code absent;
    const fs::path path = place / kDataCopy;
    if (!fs::is_regular_file(path, absent)) continue;
    try {
      DataCopy copy{path, load_data_copy(path)};
      const Dataset& found = copy.dataset;
      if (found.checksum == checksum && found.users == users && found.items == items) return copy;
    } catch (const Error& error) {
      if (place == folder)
        log_warning("{} ({}); the ratings themselves are read instead", error.message(), error.why());
    }
  }
  return {};
}

/// Where the files lie now. Error{data} with the remedy where they are not found.
DataOptions locate_data(DataOptions data, const fs::path& run_folder) {
  constexpr int kLevels = 4;
  for_each_path(data, [&](std::string& path) {
    std::error_code absent;
    if (fs::exists(path, absent)) return;
    fs::path folder = fs::absolute(run_folder).lexically_normal();
    for (int level = 0; level < kLevels && folder.has_relative_path();
         ++level, folder = folder.parent_path()) {
      const fs::path beside = folder / fs::path(path).filename();
      if (!fs::exists(beside, absent)) continue;
      path = beside.string();
      return;
    }
    throw Error(ErrorKind::data,
                fmt::format("{}: the ratings it was trained on are not there", shown(run_folder.string())),
                fmt::format("it remembers {}, and no folder around it holds a {}", shown(path, kMostOfPath),
                            shown(fs::path(path).filename().string())),
                "‹data› PATH");
  });
  return data;
}

std::string shown_rows(std::size_t n) {
  return format_count(static_cast<std::int64_t>(n));
}

/// Where the files were changed after the run was trained, by their clocks: whether ratings have come in.
void tell_of_growth(const Checkpoint& checkpoint, const DataCopy& copy, const CacheOptions& cache) {
  DataOptions data = checkpoint.data;
  data.items = data.users = {};
  bool is_newer = false;
  std::error_code absent;
  const auto trained = fs::last_write_time(copy.path, absent);
  for_each_path(data, [&](const std::string& path) {
    if (absent || !fs::is_regular_file(path, absent)) return;
    const auto changed = fs::last_write_time(path, absent);
    is_newer = is_newer || (!absent && changed > trained);
  });
  if (!is_newer) return;
  try {
    DataNotes unsaid;
    const Dataset now = load_dataset(data, cache, &unsaid);
    if (now.checksum == checkpoint.dataset_checksum) return;
    const Growth growth = growth_of(copy.dataset, now);
    if (growth.added.empty() && growth.n_missing == 0) return;
    log_warning(
        "{} has changed since training: {} ratings are new, {} are gone; the run answers as it was trained{}",
        now.source, shown_rows(growth.added.size()), shown_rows(growth.n_missing),
        growth.added.empty() ? ""
                             : fmt::format(" (movrec update ‹data› {} takes up the new ones)", now.source));
  } catch (const Error& error) {
    log_warning("its ratings have changed since training: {}", error.message());
  }
}

[[noreturn]] void fail_other_ratings(const Checkpoint& checkpoint, const fs::path& file, std::string why) {
  throw Error(ErrorKind::model,
              fmt::format("{}: the ratings of {} are not what it was trained on", file.string(),
                          checkpoint.dataset_name),
              std::move(why), "‹data› PATH with the same ratings, or movrec train on these");
}

void check_ratings(const Checkpoint& checkpoint, const Dataset& dataset, const fs::path& file) {
  if (dataset.checksum == checkpoint.dataset_checksum) return;
  fail_other_ratings(checkpoint, file,
                     fmt::format("{} ratings of {} users and {} items from {} have another checksum",
                                 format_count(std::ssize(dataset.ratings.stars)),
                                 format_count(dataset.users.size()), format_count(dataset.items.size()),
                                 dataset.source.empty() ? "the generator" : dataset.source));
}

/// Of ratings that have grown since; Error{model} if some of those that were trained on are missing.
void tell_of_others(const Checkpoint& checkpoint,
                    const fs::path& file,
                    const Dataset& trained,
                    const Dataset& given) {
  const Growth growth = growth_of(trained, given);
  if (growth.n_missing > 0)
    fail_other_ratings(
        checkpoint, file,
        fmt::format("{} of the {} ratings that it was trained on are not in {}", shown_rows(growth.n_missing),
                    shown_rows(trained.ratings.size()), given.source));
  log_warning(
      "{}: {} of its ratings came after training and are not looked at (movrec update ‹data› {} takes them "
      "up)",
      given.source, shown_rows(growth.added.size()), given.source);
}

}  // namespace

DataOptions ratings_alone(DataOptions data, const std::string& path) {
  data.data = path;
  data.fold = data.train_file = data.test_file = data.items = data.users = {};
  return data;
}

DataOptions with_absolute_paths(DataOptions data) {
  for_each_path(data, [](std::string& path) { path = fs::absolute(path).lexically_normal().string(); });
  return data;
}

void keep_data(const fs::path& run_folder, const Dataset& dataset) {
  const bool is_generated = dataset.source.empty();  // from the options, which every checkpoint has
  if (!is_generated && !find_copy(dataset.checksum, dataset.users, dataset.items, run_folder))
    save_data_copy(run_folder / kDataCopy, dataset);
}

Dataset data_of_run(const Checkpoint& checkpoint,
                    const fs::path& file,
                    const std::string& elsewhere,
                    const CacheOptions& cache) {
  const fs::path folder = file.parent_path();
  std::optional<DataCopy> copy =
      find_copy(checkpoint.dataset_checksum, checkpoint.users, checkpoint.items, folder);
  if (copy && elsewhere.empty()) {
    tell_of_growth(checkpoint, *copy, cache);
    return std::move(copy->dataset);
  }
  if (copy) {
    const Dataset given = in_context(
        file.string(), [&] { return load_dataset(ratings_alone(checkpoint.data, elsewhere), cache); });
    if (given.checksum != checkpoint.dataset_checksum) tell_of_others(checkpoint, file, copy->dataset, given);
    return std::move(copy->dataset);
  }
  DataOptions data = checkpoint.data;
  if (elsewhere.empty())
    data = locate_data(std::move(data), folder);
  else
    data.data = elsewhere;
  Dataset dataset = in_context(file.string(), [&] { return load_dataset(data, cache); });
  check_ratings(checkpoint, dataset, file);
  return dataset;
}

}  // namespace movrec
