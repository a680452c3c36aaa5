#include "movrec/data/dataset.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>

#include "data/catalog_reader.hpp"
#include "data/members.hpp"
#include "data/prepare.hpp"
#include "data/ratings_reader.hpp"
#include "data/raw_ratings.hpp"
#include "data/side_files.hpp"
#include "data/suspicions.hpp"
#include "data/synthetic.hpp"
#include "data/text.hpp"
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
  return members.names().size() != 1 ||
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

/// What has been read so far, and what of it is noted.
struct Reading {
  RawRatings raw;
  BadLines bad_lines;
  DataNotes* notes;
};

ReadOptions read_options(const DataOptions& options, StarScale allowed) {
  return {.columns = options.columns,
          .allowed = allowed,
          .time_format = options.time_format,
          .missing = missing_values(options),
          .accepts_all = options.missing == std::vector<std::string>{"none"},
          .feedback = options.feedback};
}

/// What cannot be parsed is left out where that was asked for, but not most of a file that is of another kind.
std::optional<Suspicion> too_many_bad_lines(const ReadReport& report,
                                            const DataOptions& options,
                                            const BadLines& bad_lines,
                                            std::size_t n_before) {
  constexpr std::size_t kFew = 10;
  const std::size_t n_bad = bad_lines.n_unparsed() - n_before, n_all = n_bad + report.n_ratings;
  const double share = static_cast<double>(n_bad) / static_cast<double>(n_all);
  if (n_bad <= kFew || share <= options.max_bad_lines) return {};
  return Suspicion{true,
                   fmt::format("{}: {} of {} lines cannot be read ({:.1f} %)", report.file,
                               format_count(static_cast<std::int64_t>(n_bad)),
                               format_count(static_cast<std::int64_t>(n_all)), 100 * share),
                   fmt::format("the first: {}", bad_lines.examples().front()),
                   fmt::format("‹max-bad-lines› {:.2f}, if what is left is what you mean",
                               std::min(1.0, std::ceil(100 * share) / 100))};
}

/// Reads, says what was understood, and refuses what would silently be wrong.
void read_and_check(TextBlocks blocks, const DataOptions& options, Reading& reading) {
  const std::size_t n_before = reading.bad_lines.n_unparsed();
  ReadReport report = read_ratings(blocks, read_options(options, kAnyStars), reading.bad_lines, reading.raw);
  std::vector<Suspicion> found =
      suspicions_of(report, reading.raw,
                    {.accepts_all_values = !options.missing.empty(), .leaves_out = options.skip_bad_lines});
  if (auto many = too_many_bad_lines(report, options, reading.bad_lines, n_before))
    found.push_back(*std::move(many));
  reading.bad_lines.add(report.n_skipped);
  const std::string text = understood(report, reading.raw);
  if (reading.notes == nullptr) {
    check_ratings(found);
    log_info("{}", text);
    return;
  }
  reading.notes->understood.push_back(text);
  std::ranges::move(found, std::back_inserter(reading.notes->suspicions));
}

void read_member(const Members& members,
                 const std::string& member,
                 const DataOptions& options,
                 Reading& reading) {
  TextBlocks text = members.text(member);
  if (options.data.empty())
    read_ratings(text, read_options(options, kMovieLensStars), reading.bad_lines, reading.raw);
  else
    read_and_check(std::move(text), options, reading);
}

/// The files of one fold; returns where its test rows begin.
std::size_t read_fold(const Members& members, const DataOptions& options, Reading& reading) {
  const std::string train = options.fold + ".base", test = options.fold + ".test";
  if (!members.contains(train) || !members.contains(test))
    throw Error(ErrorKind::usage,
                fmt::format("‹fold› {}: the data set has no {} and {}", options.fold, train, test),
                "only ml-100k comes with train and test files", "‹dataset› ml-100k");
  read_member(members, train, options, reading);
  const std::size_t test_begin = reading.raw.size();
  read_member(members, test, options, reading);
  return test_begin;
}

/// The one member whose name says that it holds ratings; of a file beside others, or none, nobody knows.
std::string ratings_member(const Members& members, const fs::path& path) {
  for (std::string_view name : kRatingsFiles)
    if (members.contains(name)) return std::string(name);
  const std::vector<std::string> names = members.names();
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const std::string file = lower(fs::path(name).filename().string());
    const bool is_said =
        std::ranges::any_of(std::array{"rating", "review", "interaction", ".inter"},
                            [&](const char* word) { return file.find(word) != std::string::npos; });
    if (is_said && !name.starts_with("__MACOSX/") && !file.ends_with(".md") && !file.ends_with(".html"))
      found.push_back(name);
  }
  if (found.size() == 1) return found[0];
  throw Error(
      ErrorKind::data,
      fmt::format(
          "{} holds {} ratings file ({})", path.string(), found.empty() ? "no" : "more than one",
          fmt::join(
              found.empty() ? std::vector<std::string>(kRatingsFiles.begin(), kRatingsFiles.end()) : found,
              ", ")),
      fmt::format("it holds {}", shown(fmt::format("{}", fmt::join(names, ", ")))),
      "take the ratings file out of it: ‹data› FILE");
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
      !(options.columns.empty() && options.time_format.empty() && options.missing.empty() &&
        options.items.empty() && options.users.empty() && options.feedback == DataOptions().feedback))
    fail(ErrorKind::usage, "‹{}›: the synthetic data set has no file",
         !options.columns.empty()       ? "columns"
         : !options.time_format.empty() ? "time-format"
         : !options.missing.empty()     ? "missing"
         : !options.items.empty()       ? "items"
         : !options.users.empty()       ? "users"
                                        : "feedback");
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

Dataset load_files(const DataOptions& options, const CacheOptions& cache, DataNotes* notes) {
  Dataset dataset;
  Reading reading{
      .raw = {}, .bad_lines = BadLines(options.skip_bad_lines || notes != nullptr), .notes = notes};
  BadLines& bad_lines = reading.bad_lines;
  Members members;
  bool is_release = false;
  if (!options.train_file.empty()) {
    read_and_check(TextBlocks(options.train_file), options, reading);
    dataset.predefined_test_begin = reading.raw.size();
    read_and_check(TextBlocks(options.test_file), options, reading);
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
      dataset.predefined_test_begin = read_fold(members, options, reading);
    else if (is_release)
      read_member(members, ratings_member(members, path), options, reading);
    else
      read_and_check(TextBlocks(path.string()), options, reading);
  }
  dataset.name =
      options.data.empty() && options.train_file.empty() ? options.dataset : name_of(dataset.source);
  take_ratings(dataset, std::move(reading.raw));
  dataset.stars = scale_of(dataset.ratings.stars, is_release);
  dataset.catalog = align_catalog(read_catalog(members, bad_lines), dataset.items);
  dataset.user_features = read_users(members, dataset.users, bad_lines);
  if (!options.items.empty()) read_item_file(options.items, bad_lines, dataset);
  if (!options.users.empty()) read_user_file(options.users, bad_lines, dataset);
  dataset.n_skipped_lines = bad_lines.count();
  if (notes == nullptr) {
    bad_lines.report();
  } else {
    notes->n_bad_lines = bad_lines.n_unparsed();
    notes->bad_lines = bad_lines.examples();
  }
  return dataset;
}

}  // namespace

Dataset load_dataset(const DataOptions& options, const CacheOptions& cache, DataNotes* notes) {
  check(options);
  const auto begin = std::chrono::steady_clock::now();
  Dataset dataset = is_synthetic(options) ? load_synthetic(options) : load_files(options, cache, notes);
  PrepareOptions rules = options.prepare;
  // Of counts a pair's last line is one of its parts.
  if (dataset.feedback == Feedback::counts && rules.duplicates == PrepareOptions().duplicates)
    rules.duplicates = "sum";
  prepare(dataset, rules);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  log_debug("{}: {} ratings of {} users and {} items in {:.2f} s", dataset.name,
            format_count(static_cast<std::int64_t>(dataset.ratings.size())),
            format_count(dataset.users.size()), format_count(dataset.items.size()), seconds.count());
  return dataset;
}

}  // namespace movrec
