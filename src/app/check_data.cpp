#include "movrec/app/check_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "movrec/core/progress.hpp"
#include "movrec/data/same_titles.hpp"

namespace movrec {
namespace {

std::string percent(std::int64_t part, std::int64_t whole) {
  return fmt::format("{} of {} ({:.1f} %)", format_count(part), format_count(whole),
                     100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

/// Ratings that share their time with another one of the same user: no split by time can order them.
std::int64_t n_ties(const Ratings& ratings) {
  std::vector<std::pair<UserIdx, std::int64_t>> times;
  times.reserve(ratings.times.size());
  for (RowIdx row = 0; row < ratings.times.size(); ++row)
    times.emplace_back(ratings.users[row], ratings.times[row]);
  std::ranges::sort(times);
  std::int64_t ties = 0;
  for (std::size_t k = 0; k < times.size(); ++k)
    ties += (k > 0 && times[k] == times[k - 1]) || (k + 1 < times.size() && times[k] == times[k + 1]) ? 1 : 0;
  return ties;
}

/// What is no fault, and good to know before a split or a model is chosen.
void note_spread(const Dataset& dataset, std::vector<Suspicion>& found) {
  constexpr int kFew = 5;
  const Ratings& ratings = dataset.ratings;
  const auto note = [&](std::string what, std::string remedy) {
    found.push_back({false, std::move(what), {}, std::move(remedy)});
  };
  const auto n = static_cast<std::int64_t>(ratings.size());
  if (dataset.n_dropped_repeats > 0)
    note(fmt::format("ratings that repeat a pair of user and item: {}",
                     format_count(static_cast<std::int64_t>(dataset.n_dropped_repeats))),
         "‹duplicates› says which of a pair counts");
  if (!dataset.overlap.empty()) note(dataset.overlap, {});
  if (const std::int64_t ties = n_ties(ratings); ties > 0)
    note(fmt::format("ratings at the same time as another one of their user: {}", percent(ties, n)),
         "a split by time orders them by chance (‹tie-seed›)");
  for (const auto& [side, counts] :
       {std::pair("users", ratings_per_user(ratings)), std::pair("items", ratings_per_item(ratings))}) {
    const auto few = std::ranges::count_if(counts, [](std::int32_t count) { return count < kFew; });
    if (few > 0)
      note(fmt::format("{} with fewer than {} ratings: {}", side, kFew, percent(few, std::ssize(counts))),
           fmt::format("‹min-{}-ratings› leaves them out", std::string_view(side).substr(0, 4)));
  }
  std::int64_t n_same = 0;
  const SameTitles same(dataset.catalog);
  for (const auto& group : same.groups()) n_same += std::ssize(group) - 1;
  if (n_same > 0)
    note(fmt::format("ids of a title that has another id: {}", format_count(n_same)),
         "‹merge-titles› makes them one item");
}

}  // namespace

bool DataCheck::is_usable() const {
  return std::ranges::none_of(notes.suspicions, &Suspicion::is_refused) && notes.n_bad_lines == 0;
}

DataCheck check_data(const DataOptions& options, const CacheOptions& cache) {
  DataCheck check;
  DataOptions lenient = options;
  lenient.prepare.allow_overlap = true;
  const Dataset dataset = load_dataset(lenient, cache, &check.notes);
  check.name = dataset.name;
  check.users = dataset.users.size();
  check.items = dataset.items.size();
  check.ratings = dataset.ratings.size();
  DataNotes& notes = check.notes;
  if (options.skip_bad_lines && notes.n_bad_lines > 0) {
    notes.suspicions.push_back({false,
                                fmt::format("lines that cannot be parsed and are left out: {}",
                                            format_count(static_cast<std::int64_t>(notes.n_bad_lines))),
                                fmt::format("the first: {}", notes.bad_lines.front())});
    notes.n_bad_lines = 0;
    notes.bad_lines.clear();
  }
  note_spread(dataset, notes.suspicions);
  if (!dataset.overlap.empty() && !options.prepare.allow_overlap)
    std::ranges::find(check.notes.suspicions, dataset.overlap, &Suspicion::what)->is_refused = true;
  return check;
}

}  // namespace movrec
