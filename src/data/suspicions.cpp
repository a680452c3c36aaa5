#include "data/suspicions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "data/times.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"

namespace movrec {
namespace {

/// Values are counted in so many rows, evenly spread.
constexpr std::size_t kSample = 200'000;
/// Of fewer ratings nothing can be said.
constexpr std::size_t kFewRows = 20;
/// Scales of ratings have fewer values; days, ids and counts have more.
constexpr std::size_t kManyValues = 150;

std::map<float, std::size_t> count_values(const std::vector<float>& stars) {
  std::map<float, std::size_t> counts;
  const std::size_t step = std::max<std::size_t>(1, stars.size() / kSample);
  for (std::size_t row = 0; row < stars.size(); row += step) ++counts[stars[row]];
  return counts;
}

[[noreturn]] void refuse_sentinel(
    const ReadReport& report, float value, double share, float low, float high) {
  throw Error(
      ErrorKind::data,
      fmt::format("{}: {:.1f} % of the ratings are {}, all others lie from {} to {}", report.file,
                  100 * share, value, low, high),
      "such a value often stands for \"not rated\", and would spoil every mean",
      fmt::format("‹missing› {} leaves these lines out, ‹missing› none takes them as ratings", value));
}

/// A value at either end that is far from all others, or zero or below where ratings begin at one, in more ratings than
/// chance gives.
void check_sentinels(const ReadReport& report,
                     const std::map<float, std::size_t>& counts,
                     std::size_t n_rows) {
  if (counts.size() < 4 || n_rows < kFewRows) return;
  const auto share = [&](std::size_t n) { return static_cast<double>(n) / static_cast<double>(n_rows); };
  const auto first = counts.begin(), second = std::next(first), last = std::prev(counts.end()),
             before = std::prev(last);
  constexpr double kMany = 0.002;
  const float above = last->first - before->first, range_below = before->first - first->first;
  if (above > std::max(3 * range_below, 1.F) && share(last->second) > kMany)
    refuse_sentinel(report, last->first, share(last->second), first->first, before->first);
  const float below = second->first - first->first, range_above = last->first - second->first;
  if (below > std::max(3 * range_above, 1.F) && share(first->second) > kMany)
    refuse_sentinel(report, first->first, share(first->second), second->first, last->first);
  const bool is_one_value = first->first == -1 && second->first >= 0;
  if (is_one_value && share(first->second) > kMany)
    refuse_sentinel(report, first->first, share(first->second), second->first, last->first);
  const bool is_mode =
      std::ranges::all_of(counts, [&](const auto& one) { return one.second <= first->second; });
  if (first->first == 0 && second->first >= 1 && is_mode && counts.size() > 3)
    refuse_sentinel(report, 0, share(first->second), second->first, last->first);
}

void check_kind(const ReadReport& report, const std::map<float, std::size_t>& counts) {
  const bool are_whole =
      std::ranges::all_of(counts, [](const auto& one) { return one.first == std::floor(one.first); });
  if (!report.is_by_position || !are_whole || counts.size() <= kManyValues) return;
  throw Error(
      ErrorKind::data,
      fmt::format("{}: the third column has {} different whole numbers from {} to {}: is it a rating?",
                  report.file, counts.size(), counts.begin()->first, counts.rbegin()->first),
      "it looks like days, times, ids or counts, and no header says what it is",
      "‹columns› user,item,time where it is a time, ‹columns› user,item,rating where it is the rating, or "
      "‹columns› user,item,-");
}

void check_times(const ReadReport& report, const std::vector<std::int64_t>& times) {
  if (times.empty()) return;
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  std::int64_t before = 0, after = 0, zero = 0;
  for (const std::int64_t time : times) {
    const OddTime odd = oddness_of(time, now);
    before += odd == OddTime::before_1970 || odd == OddTime::before_1900 ? 1 : 0;
    after += odd == OddTime::after_tomorrow ? 1 : 0;
    zero += odd == OddTime::zero ? 1 : 0;
  }
  if (before > 0) log_warning("{}: times before 1970: {}", report.file, format_count(before));
  if (after > 0) log_warning("{}: times after tomorrow: {}", report.file, format_count(after));
  if (zero > 0 && zero < std::ssize(times))
    log_warning("{}: times that are 0, which may stand for unknown: {}", report.file, format_count(zero));
}

}  // namespace

std::string understood(const ReadReport& report, const RawRatings& raw) {
  std::string scale;
  if (!report.has_stars) {
    scale = ", no ratings: each line says that somebody took something";
  } else if (const auto [min, max] = std::ranges::minmax(raw.stars); true) {
    scale = fmt::format(", ratings {} to {}", min, max);
  }
  std::string text = fmt::format("{}: {}{}; {} ratings", report.file, fmt::join(report.columns, ", "), scale,
                                 format_count(static_cast<std::int64_t>(report.n_ratings)));
  if (report.n_missing > 0)
    text += fmt::format(", {} lines without one left out",
                        format_count(static_cast<std::int64_t>(report.n_missing)));
  if (report.n_headers > 0)
    text += fmt::format(", {} further header{} left out", report.n_headers, report.n_headers == 1 ? "" : "s");
  return text;
}

void check_ratings(const ReadReport& report, const RawRatings& raw, bool is_accepted) {
  check_times(report, raw.times);
  if (!report.has_stars) return;
  const std::map<float, std::size_t> counts = count_values(raw.stars);
  std::size_t n_rows = 0;
  for (const auto& [value, n] : counts) n_rows += n;
  check_kind(report, counts);
  if (!is_accepted) check_sentinels(report, counts, n_rows);
  if (counts.size() == 1 && raw.size() > 1)
    log_warning("{}: all ratings are {}: nothing tells what somebody liked from what he did not", report.file,
                counts.begin()->first);
}

}  // namespace movrec
