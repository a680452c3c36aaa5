#include "data/suspicions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>

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
constexpr std::size_t kManyValues = 30;

struct Sentinel {
  float value;
  double share;
  float low, high;  ///< of all others
};

std::map<float, std::size_t> count_values(const std::vector<float>& stars) {
  std::map<float, std::size_t> counts;
  const std::size_t step = std::max<std::size_t>(1, stars.size() / kSample);
  for (std::size_t row = 0; row < stars.size(); row += step) ++counts[stars[row]];
  return counts;
}

/// A value that stands for "not rated", as it seems: one at either end that is far from all others, or zero or below
/// where ratings begin at one, in more ratings than chance gives.
std::optional<Sentinel> find_sentinel(const std::map<float, std::size_t>& counts) {
  std::size_t n_rows = 0;
  for (const auto& [value, n] : counts) n_rows += n;
  if (counts.size() < 4 || n_rows < kFewRows) return {};
  const auto first = counts.begin(), second = std::next(first), last = std::prev(counts.end()),
             before = std::prev(last);
  const auto share = [&](std::size_t n) { return static_cast<double>(n) / static_cast<double>(n_rows); };
  constexpr double kMany = 0.002, kFar = 3;
  const auto is_far = [&](float gap, float range) {
    return gap > std::max(static_cast<float>(kFar) * range, 1.F);
  };
  if (is_far(last->first - before->first, before->first - first->first) && share(last->second) > kMany)
    return Sentinel{last->first, share(last->second), first->first, before->first};
  const Sentinel lowest{first->first, share(first->second), second->first, last->first};
  if (is_far(second->first - first->first, last->first - second->first) && lowest.share > kMany)
    return lowest;
  if (first->first == -1 && second->first >= 0 && lowest.share > kMany) return lowest;
  const bool is_mode =
      std::all_of(second, counts.end(), [&](const auto& one) { return 3 * one.second < 2 * first->second; });
  if (first->first == 0 && second->first >= 1 && is_mode) return lowest;
  return {};
}

/// Takes out the rows from `first` on that have the value; how many.
std::size_t leave_out(RawRatings& raw, std::size_t first, float value) {
  std::size_t kept = first;
  for (std::size_t row = first; row < raw.size(); ++row) {
    if (raw.stars[row] == value) continue;
    raw.users[kept] = raw.users[row];
    raw.items[kept] = raw.items[row];
    raw.stars[kept] = raw.stars[row];
    if (!raw.times.empty()) raw.times[kept] = raw.times[row];
    ++kept;
  }
  const std::size_t n = raw.size() - kept;
  raw.users.resize(kept);
  raw.items.resize(kept);
  raw.stars.resize(kept);
  if (!raw.times.empty()) raw.times.resize(kept);
  return n;
}

using Suspicions = std::vector<Suspicion>;

void check_kind(const ReadReport& report, const std::map<float, std::size_t>& counts, Suspicions& found) {
  const bool are_whole =
      std::ranges::all_of(counts, [](const auto& one) { return one.first == std::floor(one.first); });
  if (!report.is_by_position || !are_whole || counts.size() <= kManyValues) return;
  found.push_back(
      {true,
       fmt::format("{}: the third column has {} different whole numbers from {} to {}: is it a rating?",
                   report.file, counts.size(), counts.begin()->first, counts.rbegin()->first),
       "it looks like days, times, ids or counts, and no header says what it is",
       "‹columns› user,item,time where it is a time, ‹columns› user,item,rating where it is the rating, or "
       "‹columns› user,item,-"});
}

void check_times(const ReadReport& report, const std::vector<std::int64_t>& times, Suspicions& found) {
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
  if (before > 0)
    found.push_back({false, fmt::format("{}: times before 1970: {}", report.file, format_count(before))});
  if (after > 0)
    found.push_back({false, fmt::format("{}: times after tomorrow: {}", report.file, format_count(after))});
  if (zero > 0 && zero < std::ssize(times))
    found.push_back({false, fmt::format("{}: times that are 0, which may stand for unknown: {}", report.file,
                                        format_count(zero))});
}

/// Ids that stand there as 17 and as 17.0 would be two.
void check_spelling(const ReadReport& report,
                    const IdInterner& ids,
                    std::string_view side,
                    Suspicions& found) {
  const std::string_view id = ids.spelt_twice();
  if (id.empty()) return;
  found.push_back({true,
                   fmt::format("{}: ids of {} are spelt in two ways, like {} and {}", report.file, side,
                               id.substr(0, id.find('.')), id),
                   "they would count as two", "write them alike"});
}

}  // namespace

std::string understood(const ReadReport& report, const RawRatings& raw) {
  std::string scale;
  if (report.feedback == Feedback::seen) {
    scale = ", no ratings: each line says that somebody took something";
  } else if (const auto [min, max] = std::ranges::minmax(raw.stars); report.feedback == Feedback::counts) {
    scale = fmt::format(", counts {} to {}: how often somebody took something", min, max);
  } else {
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

Suspicions suspicions_of(ReadReport& report, RawRatings& raw, CheckOptions options) {
  Suspicions found;
  check_times(report, raw.times, found);
  check_spelling(report, raw.user_ids, "users", found);
  check_spelling(report, raw.item_ids, "items", found);
  if (report.feedback != Feedback::stars) return found;
  std::map<float, std::size_t> counts = count_values(raw.stars);
  check_kind(report, counts, found);
  while (const auto sentinel = options.accepts_all_values ? std::nullopt : find_sentinel(counts)) {
    const std::string what =
        fmt::format("{}: {:.1f} % of the ratings are {}, all others lie from {} to {}", report.file,
                    100 * sentinel->share, sentinel->value, sentinel->low, sentinel->high);
    if (!options.leaves_out) {
      found.push_back(
          {true, what, "such a value often stands for \"not rated\", and would spoil every mean",
           fmt::format("‹missing› {} leaves these lines out, ‹missing› none takes them as ratings",
                       sentinel->value)});
      break;
    }
    const std::size_t n = leave_out(raw, raw.size() - report.n_ratings, sentinel->value);
    found.push_back({false, fmt::format("{}: taken for \"not rated\", and left out", what)});
    report.n_ratings -= n;
    report.n_skipped += n;
    counts = count_values(raw.stars);
  }
  if (counts.size() == 1 && raw.size() > 1)
    found.push_back(
        {false, fmt::format("{}: all ratings are {}: nothing tells what somebody liked from what he did not",
                            report.file, counts.begin()->first)});
  return found;
}

void check_ratings(const Suspicions& found) {
  for (const Suspicion& one : found)
    if (!one.is_refused) log_warning("{}", one.what);
  for (const Suspicion& one : found)
    if (one.is_refused) throw Error(ErrorKind::data, one.what, one.why, one.remedy);
}

}  // namespace movrec
