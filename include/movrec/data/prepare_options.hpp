#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/core/field.hpp"

namespace movrec {

/// The rules of --duplicates by name.
std::vector<std::string_view> duplicate_rule_names();

/// Which of the parsed ratings count, and as what. Together with the file's rows they give the data set's rows, so
/// they stand in every checkpoint.
struct PrepareOptions {
  std::string duplicates = "last";
  bool allow_overlap = false;
  bool merge_titles = false;
  std::string from{}, until{};
  std::int64_t min_user_ratings = 0, min_item_ratings = 0;
  std::int64_t sample_users = 0;
  std::uint64_t sample_seed = 42;

  /// What runs were trained on before there were these options: each row of the file.
  static PrepareOptions every_row() { return {.duplicates = "keep", .allow_overlap = true}; }

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "duplicates",
                .help =
                    "what counts where a user has rated an item more than once: the last rating in time (of "
                    "equal times the later row), the first, the mean, the max, the sum; error: refuse "
                    "them; keep: each of them counts",
                .choices = duplicate_rule_names()},
          self.duplicates);
    visit(Field{.name = "allow-overlap",
                .help =
                    "test ratings of pairs that the training file holds, too, are no error; results say so"},
          self.allow_overlap);
    visit(
        Field{.name = "merge-titles",
              .help =
                  "items of one title and year are one item: the id with most ratings stays, and the others "
                  "answer to it"},
        self.merge_titles);
    visit(Field{.name = "from",
                .help = "leave out ratings before this day (2000-12-31, UTC) or unix second",
                .value_name = "DATE"},
          self.from);
    visit(Field{.name = "until",
                .help = "leave out ratings from this day (2000-12-31, UTC) or unix second on",
                .value_name = "DATE"},
          self.until);
    visit(Field{.name = "min-user-ratings",
                .help = "leave out users with fewer ratings; with ‹min-item-ratings›, until both hold",
                .min = 0,
                .max = 1e9},
          self.min_user_ratings);
    visit(Field{.name = "min-item-ratings",
                .help = "leave out items with fewer ratings; with ‹min-user-ratings›, until both hold",
                .min = 0,
                .max = 1e9},
          self.min_item_ratings);
    visit(Field{.name = "sample-users",
                .help = "so many users, chosen by ‹sample-seed›, and their ratings (0: all)",
                .min = 0,
                .max = 2e9},
          self.sample_users);
    visit(Field{.name = "sample-seed", .help = "seed of ‹sample-users›", .min = 0, .max = 4294967295.0},
          self.sample_seed);
  }
};

}  // namespace movrec
