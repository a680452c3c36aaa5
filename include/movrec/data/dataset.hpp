#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/data/catalog.hpp"
#include "movrec/data/data_notes.hpp"
#include "movrec/data/id_map.hpp"
#include "movrec/data/prepare_options.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

/// Which data set, and how to read it: enough to load the same data again, so it stands in every checkpoint.
struct DataOptions {
  std::string dataset = "ml-1m";
  std::string data;  ///< a path; overrides `dataset`
  std::string columns;
  std::string time_format;
  std::vector<std::string> missing;
  std::string feedback = "auto";
  std::string items, users;  ///< files that say more of them
  bool skip_bad_lines = false;
  double max_bad_lines = 0.01;
  std::string fold;        ///< u1 … u5, ua, ub
  std::string train_file;  ///< with test_file: a split made by the user
  std::string test_file;
  std::int64_t synthetic_users = 1000, synthetic_items = 500, synthetic_ratings = 50'000;
  std::uint64_t synthetic_seed = 1;
  PrepareOptions prepare;

  static constexpr std::string_view kGroup = option_group::kData;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "dataset", .help = "data set by name (see `movrec data list`)"}, self.dataset);
    visit(
        Field{.name = "data",
              .help =
                  "data set by path: a folder, a zip, or one ratings file, packed or not (-: standard input)",
              .value_name = "PATH"},
        self.data);
    visit(
        Field{
            .name = "columns",
            .help =
                "columns of the ratings file, by name or number: user=customer_id,item=sku,rating=-,time=4; "
                "or in their order: user,item,rating,time"},
        self.columns);
    visit(Field{.name = "time-format",
                .help = "how times are written where it cannot be seen, e.g. %d/%m/%Y %H:%M",
                .value_name = "FORMAT"},
          self.time_format);
    visit(
        Field{
            .name = "missing",
            .help =
                "values that stand for \"not rated\", e.g. 99,-1: such lines are left out (none: all others "
                "are ratings, however they look)",
            .value_name = "VALUES"},
        self.missing);
    visit(
        Field{.name = "feedback",
              .help = "what ratings are: stars; counts of how often (summed by pair); seen: that he took it; "
                      "auto: by their column",
              .choices = {"auto", "stars", "counts", "seen"}},
        self.feedback);
    visit(Field{.name = "items",
                .help = "a table that says more of items: id, title, year, genres, any other columns",
                .value_name = "FILE"},
          self.items);
    visit(Field{.name = "users", .help = "a table that says more of users", .value_name = "FILE"},
          self.users);
    visit(
        Field{.name = "skip-bad-lines", .help = "leave out lines that cannot be parsed, and report how many"},
        self.skip_bad_lines);
    visit(Field{.name = "max-bad-lines",
                .help = "the share of lines that ‹skip-bad-lines› may leave out",
                .min = 0,
                .max = 1},
          self.max_bad_lines);
    visit(Field{.name = "fold",
                .help = "ml-100k's own train and test files",
                .choices = {"", "u1", "u2", "u3", "u4", "u5", "ua", "ub"}},
          self.fold);
    visit(Field{.name = "train-file", .help = "ratings to train on (with ‹test-file›)", .value_name = "FILE"},
          self.train_file);
    visit(Field{.name = "test-file", .help = "ratings to test on (with ‹train-file›)", .value_name = "FILE"},
          self.test_file);
    visit(Field{.name = "synthetic-users", .help = "users of the synthetic data set", .min = 2, .max = 1e8},
          self.synthetic_users);
    visit(Field{.name = "synthetic-items", .help = "items of the synthetic data set", .min = 2, .max = 1e7},
          self.synthetic_items);
    visit(
        Field{
            .name = "synthetic-ratings", .help = "ratings of the synthetic data set", .min = 10, .max = 2e9},
        self.synthetic_ratings);
    visit(Field{.name = "synthetic-seed", .help = "seed of the synthetic data set"}, self.synthetic_seed);
    visit(self.prepare);
  }
};

/// Where data sets are kept and fetched from. Not part of a checkpoint: it differs between machines.
struct CacheOptions {
  std::string data_dir;  ///< empty: $XDG_CACHE_HOME/movrec or ~/.cache/movrec
  std::string data_url;
  bool offline = false;

  static constexpr std::string_view kGroup = option_group::kData;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "data-dir",
                .help = "where data sets are kept (default: the user's cache folder)",
                .value_name = "DIR"},
          self.data_dir);
    visit(Field{.name = "data-url",
                .help = "mirror to download from: the folder that holds NAME.zip, or the zip itself",
                .value_name = "URL"},
          self.data_url);
    visit(Field{.name = "offline", .help = "never use the network"}, self.offline);
  }
};

enum class Feedback { stars, counts, seen };

/// One release after parsing. Users and items are those that have ratings.
struct Dataset {
  std::string name;      ///< "ml-1m", "synthetic", or the file's name
  std::string source;    ///< the path it was read from; empty for synthetic
  std::string checksum;  ///< SHA-256 of the rating columns (raw ids, stars, times): two datasets with the
                         ///< same one hold the same ratings in the same order
  Ratings ratings;
  StarScale stars;
  /// What the ratings are: stars; counts of how often somebody took something; or 1, for that he did.
  Feedback feedback = Feedback::stars;
  bool has_stars() const { return feedback == Feedback::stars; }
  /// What may be said of an item: stars of the scale, or a count, however high others' are.
  StarScale sayable() const {
    return feedback == Feedback::counts ? StarScale{std::min(stars.min, 1.F), 1e9F} : stars;
  }
  UserMap users;
  ItemMap items;
  Catalog catalog;
  UserFeatures user_features;
  /// Rows from here on are the test part that the release or the user defined (--fold, --test-file).
  std::optional<std::size_t> predefined_test_begin;
  std::size_t n_skipped_lines = 0;
  std::size_t n_dropped_repeats = 0;  ///< rows of the file that gave way to another one of their pair
  std::string overlap;                ///< a Split's caveat where test rows are of training's pairs
  /// synthetic only: the RMSE of the stars' true expectation, which no model beats except by chance.
  std::optional<double> best_rmse;
};

/// Loads by the options, fetching the archive if needed. Error{usage} for contradictory options, Error{data}
/// else. With `notes`, what would be refused as suspicious is noted there and loaded.
Dataset load_dataset(const DataOptions&, const CacheOptions&, DataNotes* notes = nullptr);

}  // namespace movrec
