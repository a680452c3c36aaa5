#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "data/prepare.hpp"
#include "data/rows_by_user.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/core/table.hpp"

namespace movrec {
namespace {

/// The rows of a pair, by time and by row among equal times.
using SamePair = std::span<const RowIdx>;

/// What counts of a pair: the row that stays, and its stars from then on.
struct Counted {
  RowIdx row;
  float stars;
};

Counted last_of(SamePair rows, const Ratings& ratings) {
  return {rows.back(), ratings.stars[rows.back()]};
}

Counted first_of(SamePair rows, const Ratings& ratings) {
  return {rows.front(), ratings.stars[rows.front()]};
}

Counted highest_of(SamePair rows, const Ratings& ratings) {
  RowIdx highest = rows.front();
  for (const RowIdx row : rows)
    if (ratings.stars[row] >= ratings.stars[highest]) highest = row;
  return {highest, ratings.stars[highest]};
}

Counted lowest_of(SamePair rows, const Ratings& ratings) {
  RowIdx lowest = rows.front();
  for (const RowIdx row : rows)
    if (ratings.stars[row] <= ratings.stars[lowest]) lowest = row;
  return {lowest, ratings.stars[lowest]};
}

double sum(SamePair rows, const Ratings& ratings) {
  double sum = 0;
  for (const RowIdx row : rows) sum += static_cast<double>(ratings.stars[row]);
  return sum;
}

Counted sum_of(SamePair rows, const Ratings& ratings) {
  return {rows.back(), static_cast<float>(sum(rows, ratings))};
}

Counted mean_of(SamePair rows, const Ratings& ratings) {
  return {rows.back(), static_cast<float>(sum(rows, ratings) / static_cast<double>(rows.size()))};
}

/// What counts where a pair stands more than once. Without `count`, nothing is taken away.
struct DuplicateRule {
  std::string_view name, words;
  Counted (*count)(SamePair, const Ratings&);
};
constexpr std::array kRules = {
    DuplicateRule{"last", "the last counts", last_of},
    DuplicateRule{"first", "the first counts", first_of},
    DuplicateRule{"mean", "their mean counts", mean_of},
    DuplicateRule{"max", "the highest counts", highest_of},
    DuplicateRule{"min", "the lowest counts", lowest_of},
    DuplicateRule{"sum", "their sum counts", sum_of},
    DuplicateRule{"error", "they are refused", nullptr},
    DuplicateRule{"keep", "each of them counts, in training and test alike", nullptr},
};

/// Pairs that stand more than once, by part.
struct Repeats {
  std::size_t n_repeats = 0;       ///< rows beyond a pair's first in its part
  std::size_t n_overlaps = 0;      ///< pairs of both parts
  RowIdx repeat = 0, overlap = 0;  ///< one of each
};

/// Rows are asked user by user, in any order of users: visit(row).
template <class Visit>
void visit_by_user(const Ratings& ratings, Visit&& visit) {
  if (std::ranges::is_sorted(ratings.users)) {  // as MovieLens' files mostly are: nothing to hold
    for (RowIdx row = 0; row < ratings.size(); ++row) visit(row);
    return;
  }
  const RowsByUser rows(ratings);
  for (std::size_t user = 0; user < rows.n_users(); ++user)
    for (const RowIdx row : rows.of(user)) visit(row);
}

Repeats find_repeats(const Ratings& ratings, std::size_t test_begin) {
  struct Mark {
    UserIdx user = kNoUser;
    bool is_test = false;
  };
  std::vector<Mark> last_seen(static_cast<std::size_t>(ratings.n_items));
  Repeats out;
  visit_by_user(ratings, [&](RowIdx row) {
    const bool is_test = row >= test_begin;
    Mark& mark = last_seen[index(ratings.items[row])];
    if (mark.user == ratings.users[row]) {
      const bool is_repeat = mark.is_test == is_test;
      ++(is_repeat ? out.n_repeats : out.n_overlaps);
      (is_repeat ? out.repeat : out.overlap) = row;
    }
    mark = {ratings.users[row], is_test};
  });
  return out;
}

std::string shown_pair(const Dataset& dataset, RowIdx row) {
  return fmt::format("user {} and item {}", shown(dataset.users.id(dataset.ratings.users[row]).text),
                     shown(dataset.items.id(dataset.ratings.items[row]).text));
}

/// Marks the rows that stay, and gives those their stars.
std::vector<bool> count_pairs(Ratings& ratings, std::size_t test_begin, const DuplicateRule& rule) {
  std::vector<bool> kept(ratings.size(), true);
  const RowsByUser by_user(ratings);
  const auto key = [&](RowIdx row) {
    return std::tuple(row >= test_begin, ratings.items[row], ratings.times.empty() ? 0 : ratings.times[row],
                      row);
  };
  const auto is_same_pair = [&](RowIdx a, RowIdx b) {
    return (a >= test_begin) == (b >= test_begin) && ratings.items[a] == ratings.items[b];
  };
  std::vector<RowIdx> rows;
  for (std::size_t user = 0; user < by_user.n_users(); ++user) {
    rows.assign(by_user.of(user).begin(), by_user.of(user).end());
    std::ranges::sort(rows, {}, key);
    for (auto begin = rows.begin(); begin != rows.end();) {
      const auto end =
          std::find_if_not(begin, rows.end(), [&](RowIdx row) { return is_same_pair(*begin, row); });
      if (end - begin > 1) {
        const Counted counted = rule.count({begin, end}, ratings);
        for (auto row = begin; row != end; ++row) kept[*row] = *row == counted.row;
        ratings.stars[counted.row] = counted.stars;
      }
      begin = end;
    }
  }
  return kept;
}

}  // namespace

std::vector<std::string_view> duplicate_rule_names() {
  return names_of(kRules);
}

void settle_duplicates(Dataset& dataset, const PrepareOptions& options) {
  const DuplicateRule& rule = find_row(kRules, "rule of ‹duplicates›", options.duplicates);
  Ratings& ratings = dataset.ratings;
  const std::size_t test_begin = dataset.predefined_test_begin.value_or(ratings.size());
  const Repeats found = find_repeats(ratings, test_begin);
  if (found.n_overlaps > 0) {
    const std::string what =
        fmt::format("{} of {} test ratings are of pairs that the training ratings hold, too",
                    format_count(static_cast<std::int64_t>(found.n_overlaps)),
                    format_count(static_cast<std::int64_t>(ratings.size() - test_begin)));
    if (!options.allow_overlap)
      throw Error(ErrorKind::usage, fmt::format("{}: {}", dataset.name, what),
                  fmt::format("{} for one: to remember them is enough to be right",
                              shown_pair(dataset, found.overlap)),
                  "take them out of one of the files, ‹split› on a file of all ratings, or ‹allow-overlap›");
    dataset.overlap = "leaky: " + what;
  }
  if (found.n_repeats == 0) return;
  const std::string what =
      fmt::format("{} of {} ratings repeat a pair", format_count(static_cast<std::int64_t>(found.n_repeats)),
                  format_count(static_cast<std::int64_t>(ratings.size())));
  if (options.duplicates == "error")
    throw Error(
        ErrorKind::data, fmt::format("{}: {}", dataset.name, what),
        fmt::format("{} for one, and ‹duplicates› error refuses them", shown_pair(dataset, found.repeat)),
        "‹duplicates› last, first, mean, max or sum");
  log_info("{}: {}: {} (‹duplicates›)", dataset.name, what, rule.words);
  if (rule.count == nullptr) return;
  keep_rows(dataset, count_pairs(ratings, test_begin, rule));
  dataset.n_dropped_repeats = found.n_repeats;
  // Means stay within the scale of what was averaged.
  if (options.duplicates == "sum") {
    const auto [min, max] = std::ranges::minmax(ratings.stars);
    dataset.stars = {std::min(dataset.stars.min, min), std::max(dataset.stars.max, max)};
  }
}

}  // namespace movrec
