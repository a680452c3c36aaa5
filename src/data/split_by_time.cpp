#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/date.hpp"
#include "data/split_strategies.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/progress.hpp"

namespace movrec {
namespace {

using Times = std::vector<std::int64_t>;

/// Rows up to the `fraction` quantile of their times (numpy's linear interpolation), and those after it.
std::pair<Rows, Rows> time_cut(const Rows& rows, double fraction, const Times& times) {
  if (rows.empty()) return {};
  Times sorted;
  for (RowIdx row : rows) sorted.push_back(times[row]);
  const double position = fraction * static_cast<double>(rows.size() - 1);
  const auto below = sorted.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(sorted.begin(), below, sorted.end());
  const double low = static_cast<double>(*below);
  const double high =
      below + 1 == sorted.end() ? low : static_cast<double>(*std::min_element(below + 1, sorted.end()));
  const double cut = low + (high - low) * (position - std::floor(position));
  std::pair<Rows, Rows> parts;
  for (RowIdx row : rows)
    (static_cast<double>(times[row]) <= cut ? parts.first : parts.second).push_back(row);
  return parts;
}

/// The rows before that time, and those at or after it.
std::pair<Rows, Rows> cut_at(const Rows& rows, std::int64_t begin, const Times& times) {
  std::pair<Rows, Rows> parts;
  for (const RowIdx row : rows) (times[row] < begin ? parts.first : parts.second).push_back(row);
  return parts;
}

/// That ratings of one time stood at the cut and were not torn apart; empty if there was but one.
std::string note_of_last(const Rows& before, const Times& times) {
  if (before.empty()) return {};
  std::int64_t last = times[before.front()], n = 0;
  for (const RowIdx row : before) last = std::max(last, times[row]);
  for (const RowIdx row : before) n += times[row] == last ? 1 : 0;
  return n < 2 ? ""
               : fmt::format("{} ratings have the last time before the test part and stay together",
                             format_count(n));
}

/// Validation: the last of `before`, or with --valid-from test the first of `after`; `fraction` is its share.
Parts with_validation_by_time(
    const SplitOptions& options, Rows before, Rows after, double fraction, const Times& times) {
  if (options.valid_from == "none") return {std::move(before), {}, std::move(after)};
  if (options.valid_from == "test") {
    auto [valid, test] = time_cut(after, fraction, times);
    return {std::move(before), std::move(valid), std::move(test)};
  }
  auto [train, valid] = time_cut(before, 1 - fraction, times);
  return {std::move(train), std::move(valid), std::move(after)};
}

}  // namespace

Parts split_chronological(const Dataset& dataset, const SplitOptions& options) {
  const Times& times = dataset.ratings.times;
  auto [before, after] = time_cut(all_rows(dataset), 1 - options.test_fraction, times);
  std::string note = note_of_last(before, times);
  Parts parts = with_validation_by_time(options, std::move(before), std::move(after),
                                        valid_fraction(options, 0.2), times);
  parts.note = std::move(note);
  return parts;
}

Parts split_date(const Dataset& dataset, const SplitOptions& options) {
  if (options.test_from.empty())
    throw Error(ErrorKind::usage, "‹split› date: from which day on is test?", {}, "‹test-from› 2000-12-31");
  const Times& times = dataset.ratings.times;
  const std::int64_t test_begin = date_of_option("test-from", options.test_from);
  auto [before, after] = cut_at(all_rows(dataset), test_begin, times);
  if (before.empty() || after.empty()) {
    const auto [oldest, newest] = std::ranges::minmax(times);
    throw Error(ErrorKind::usage,
                fmt::format("‹test-from› {}: no ratings of {} are {}", options.test_from, dataset.name,
                            before.empty() ? "before it" : "of this day or later"),
                fmt::format("they are of {} to {}", day_text(oldest), day_text(newest)));
  }
  if (options.valid_start.empty())
    return with_validation_by_time(options, std::move(before), std::move(after), valid_fraction(options, 0.1),
                                   times);
  if (options.valid_fraction > 0 || options.valid_from != "train")
    fail(ErrorKind::usage,
         "‹valid-start› says which rows are validation, so ‹valid-fraction› and ‹valid-from› do not apply");
  if (date_of_option("valid-start", options.valid_start) >= test_begin)
    fail(ErrorKind::usage, "‹valid-start› {} is not before ‹test-from› {}", options.valid_start,
         options.test_from);
  auto [train, valid] = cut_at(before, date_of_option("valid-start", options.valid_start), times);
  return {std::move(train), std::move(valid), std::move(after)};
}

}  // namespace movrec
