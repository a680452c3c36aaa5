#include "movrec/data/dataset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <span>

#include "data/catalog_reader.hpp"
#include "data/members.hpp"
#include "data/prepare.hpp"
#include "data/ratings_reader.hpp"
#include "data/raw_ratings.hpp"
#include "data/suspicions.hpp"
#include "data/synthetic.hpp"
#include "data/users_reader.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/releases.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSynthetic = "synthetic";

/// The ratings file of each layout, in the order in which they are looked for.
constexpr std::array<std::string_view, 4> kRatingsFiles = {"u.data", "ratings.dat", "ratings.csv",
                                                           "ratings_small.csv"};

/// MovieLens' scale (1 … 5, or 0.5 … 5 with half stars) where the data is laid out like a release and fits
/// it, else what was observed.
StarScale scale_of(std::span<const float> stars, bool is_movielens) {
  const auto [min, max] = std::ranges::minmax(stars);
  if (!is_movielens || min < kMovieLensStars.min || max > kMovieLensStars.max) return {min, max};
  const bool whole = std::ranges::all_of(stars, [](float s) { return s == std::floor(s); });
  return {whole ? 1.F : kMovieLensStars.min, kMovieLensStars.max};
}

bool is_standard_input(const fs::path& path) {
  return path == "-";
}

/// A folder, or a zip of more than one file: one that holds a single file is that file, packed.
bool is_archive(const fs::path& path) {
  std::error_code absent;
  if (fs::is_directory(path, absent)) return true;
  if (!fs::is_regular_file(path, absent)) return false;
  const bool is_zip = MappedFile(path).text().starts_with("PK\x03\x04") || path.extension() == ".zip";
  if (!is_zip) return false;
  const Members members = Members::of_archive(path);
  return members.size() != 1 ||
         std::ranges::any_of(kRatingsFiles, [&](auto name) { return members.contains(name); });
}

/// "ml-1m" for "some/ml-1m.zip" and "some/ml-1m/".
std::string name_of(const fs::path& path) {
  if (is_standard_input(path)) return "standard-input";
  const fs::path whole = fs::absolute(path).lexically_normal();
  const fs::path name = whole.has_filename() ? whole.filename() : whole.parent_path().filename();
  return (name.extension() == ".zip" ? name.stem() : name).string();
}

/// The values of --missing; none for "none".
std::vector<float> missing_values(const DataOptions& options) {
  std::vector<float> values;
  if (options.missing == std::vector<std::string>{"none"}) return values;
  for (const std::string& text : options.missing) {
    const auto value = to_number<float>(text);
    if (!value) fail(ErrorKind::usage, "‹missing›: expected numbers or none, found '{}'", shown(text));
    values.push_back(*value);
  }
  return values;
}

ReadOptions read_options(const DataOptions& options, StarScale allowed) {
  return {.columns = options.columns,
          .allowed = allowed,
          .time_format = options.time_format,
          .missing = missing_values(options)};
}

/// Reads, says what was understood, and refuses what would silently be wrong.
void read_and_check(TextBlocks blocks, const DataOptions& options, BadLines& bad_lines, RawRatings& raw) {
  ReadReport report = read_ratings(blocks, read_options(options, kAnyStars), bad_lines, raw);
  check_ratings(report, raw,
                {.accepts_all_values = !options.missing.empty(), .leaves_out = options.skip_bad_lines});
  bad_lines.add(report.n_skipped);
  log_info("{}", understood(report, raw));
}

void read_member(const Members& members,
                 const std::string& member,
                 const DataOptions& options,
                 BadLines& bad_lines,
                 RawRatings& raw) {
  TextBlocks text = members.text(member);
  if (options.data.empty())
    read_ratings(text, read_options(options, kMovieLensStars), bad_lines, raw);
  else
    read_and_check(std::move(text), options, bad_lines, raw);
}

/// The files of one fold; returns where its test rows begin.
std::size_t read_fold(const Members& members,
                      const DataOptions& options,
                      BadLines& bad_lines,
                      RawRatings& raw) {
  const std::string train = options.fold + ".base", test = options.fold + ".test";
  if (!members.contains(train) || !members.contains(test))
    throw Error(ErrorKind::usage,
                fmt::format("‹fold› {}: the data set has no {} and {}", options.fold, train, test),
                "only ml-100k comes with train and test files", "‹dataset› ml-100k");
  read_member(members, train, options, bad_lines, raw);
  const std::size_t test_begin = raw.size();
  read_member(members, test, options, bad_lines, raw);
  return test_begin;
}

std::string ratings_member(const Members& members, const fs::path& path) {
  for (std::string_view name : kRatingsFiles)
    if (members.contains(name)) return std::string(name);
  throw Error(ErrorKind::data,
              fmt::format("{} holds no ratings file ({})", path.string(), fmt::join(kRatingsFiles, ", ")),
              fmt::format("it holds {}", shown(members.list())), "name the ratings file itself: ‹data› FILE");
}

bool is_synthetic(const DataOptions& options) {
  return options.dataset == kSynthetic && options.data.empty() && options.train_file.empty();
}

/// Options that do not go together, and paths that no checkpoint and no configuration could name again.
void check(const DataOptions& options) {
  for (const OptionRef& option : option_refs(const_cast<DataOptions&>(options)))
    if (const std::string text = to_text(option); !is_utf8(text))
      throw Error(ErrorKind::usage,
                  fmt::format("‹{}›: '{}' is not valid UTF-8", option.field.name, shown(text)),
                  "checkpoints and configurations hold text in UTF-8", "rename it");
  if (options.train_file.empty() != options.test_file.empty())
    fail(ErrorKind::usage, "‹train-file› and ‹test-file› go together: ‹{}› is missing",
         options.train_file.empty() ? "train-file" : "test-file");
  if (!options.fold.empty() && !options.train_file.empty())
    fail(ErrorKind::usage, "‹fold› and ‹train-file› each define a test part: give one of them");
  if (is_synthetic(options) && !options.fold.empty())
    fail(ErrorKind::usage, "‹fold› {}: the synthetic data set has no folds", options.fold);
  if (is_synthetic(options) &&
      !(options.columns.empty() && options.time_format.empty() && options.missing.empty()))
    fail(ErrorKind::usage, "‹{}›: the synthetic data set has no file",
         !options.columns.empty()       ? "columns"
         : !options.time_format.empty() ? "time-format"
                                        : "missing");
}

Dataset load_synthetic(const DataOptions& options) {
  SyntheticRatings data = synthetic_ratings(options);
  Dataset dataset;
  dataset.name = kSynthetic;
  dataset.best_rmse = data.best_rmse;
  take_ratings(dataset, std::move(data.ratings));
  dataset.catalog = synthetic_catalog(options, dataset.items);
  dataset.user_features = synthetic_users(options, dataset.users);
  return dataset;
}

Dataset load_files(const DataOptions& options, const CacheOptions& cache) {
  Dataset dataset;
  RawRatings raw;
  BadLines bad_lines(options.skip_bad_lines);
  Members members;
  bool is_release = false;
  if (!options.train_file.empty()) {
    read_and_check(TextBlocks(options.train_file), options, bad_lines, raw);
    dataset.predefined_test_begin = raw.size();
    read_and_check(TextBlocks(options.test_file), options, bad_lines, raw);
    dataset.source = options.train_file;
    const fs::path& catalog = options.data.empty() ? options.train_file : options.data;
    members = is_archive(catalog) ? Members::of_archive(catalog) : Members::beside(catalog);
  } else {
    const fs::path path =
        options.data.empty() ? fetch_release(find_release(options.dataset), cache) : fs::path(options.data);
    dataset.source = path.string();
    is_release = is_archive(path);
    members = is_release ? Members::of_archive(path) : Members::beside(path);
    if (!options.fold.empty())
      dataset.predefined_test_begin = read_fold(members, options, bad_lines, raw);
    else if (is_release)
      read_member(members, ratings_member(members, path), options, bad_lines, raw);
    else
      read_and_check(TextBlocks(path.string()), options, bad_lines, raw);
  }
  dataset.name =
      options.data.empty() && options.train_file.empty() ? options.dataset : name_of(dataset.source);
  take_ratings(dataset, std::move(raw));
  dataset.stars = scale_of(dataset.ratings.stars, is_release);
  dataset.catalog = align_catalog(read_catalog(members, bad_lines), dataset.items);
  dataset.user_features = read_users(members, dataset.users, bad_lines);
  dataset.n_skipped_lines = bad_lines.count();
  bad_lines.report();
  return dataset;
}

}  // namespace

Dataset load_dataset(const DataOptions& options, const CacheOptions& cache) {
  check(options);
  const auto begin = std::chrono::steady_clock::now();
  Dataset dataset = is_synthetic(options) ? load_synthetic(options) : load_files(options, cache);
  prepare(dataset, options.prepare);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  log_debug("{}: {} ratings of {} users and {} items in {:.2f} s", dataset.name,
            format_count(static_cast<std::int64_t>(dataset.ratings.size())),
            format_count(dataset.users.size()), format_count(dataset.items.size()), seconds.count());
  return dataset;
}

}  // namespace movrec
