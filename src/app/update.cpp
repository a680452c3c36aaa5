#include "movrec/app/update.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "app/run_data.hpp"
#include "movrec/app/described_person.hpp"
#include "movrec/app/title_lookup.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/file_lock.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/growth.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec {
namespace {

constexpr const char* kUpdated = "updated.pt";

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

void append(AddedRatings& to, const AddedRatings& from) {
  to.users.insert(to.users.end(), from.users.begin(), from.users.end());
  to.items.insert(to.items.end(), from.items.begin(), from.items.end());
  if (!to.times.empty() || !from.times.empty()) {
    to.times.resize(to.stars.size());
    to.times.insert(to.times.end(), from.times.begin(), from.times.end());
  }
  to.stars.insert(to.stars.end(), from.stars.begin(), from.stars.end());
  if (!to.times.empty()) to.times.resize(to.stars.size());
}

AddedRatings read_added(const std::string& file, const OpenedRun& run) {
  AddedRatings added;
  for (const HistoryRating& rating : read_history(file, /*has_users=*/true, run, title_search(run))) {
    added.users.emplace_back(rating.written.user);
    added.items.push_back(run.dataset.items.id(rating.item));
    added.stars.push_back(rating.written.stars);
    added.times.push_back(rating.written.time);
  }
  if (std::ranges::all_of(added.times, [](std::int64_t time) { return time == 0; })) added.times.clear();
  return added;
}

using Given = std::tuple<std::string, std::string, float>;

/// The ratings of a later version of the data that the run does not know yet.
AddedRatings read_grown(const OpenOptions& open, const OpenedRun& run, const AddedRatings& earlier) {
  const Dataset given = load_dataset(ratings_alone(run.checkpoint.data, open.data), open.cache);
  const StarScale known = run.dataset.sayable();
  if (given.feedback != run.dataset.feedback)
    throw Error(ErrorKind::data,
                fmt::format("{}: its ratings are others than those {} was trained on", given.source,
                            run.path.string()),
                "stars, counts and what is only seen do not go together",
                "‹data› with ratings of the same kind, or movrec train on these");
  std::set<Given> is_known;
  for (std::size_t row = 0; row < earlier.stars.size(); ++row)
    is_known.emplace(earlier.users[row].text, earlier.items[row].text, earlier.stars[row]);
  AddedRatings added;
  std::int64_t n_unknown = 0;
  const std::vector<RowIdx> rows = growth_of(run.dataset, given).added;
  for (const RowIdx row : rows) {
    const UserId user = given.users.id(given.ratings.users[row]);
    const ItemId item = given.items.id(given.ratings.items[row]);
    const float stars = given.ratings.stars[row];
    if (!run.dataset.items.find(item)) {
      ++n_unknown;
      continue;
    }
    if (stars < known.min || stars > known.max)
      fail(ErrorKind::data, "{}: user {} gives {} to item {}, but {} knows ratings from {} to {}",
           given.source, shown(user.text), stars, shown(item.text), run.path.string(), known.min, known.max);
    if (is_known.contains({user.text, item.text, stars})) continue;
    added.users.push_back(user);
    added.items.push_back(item);
    added.stars.push_back(stars);
    if (!given.ratings.times.empty()) added.times.push_back(given.ratings.times[row]);
  }
  log_info("{}: {} of its {} ratings are new", given.source,
           format_count(std::ssize(added.stars) + n_unknown),
           format_count(static_cast<std::int64_t>(given.ratings.size())));
  if (n_unknown > 0)
    log_warning("{} ratings of items that {} does not know are left out: only training again takes them up",
                format_count(n_unknown), run.path.string());
  return added;
}

/// What earlier updates of this run wrote beside it.
AddedRatings earlier_additions(const std::filesystem::path& target, const OpenedRun& run) {
  std::error_code absent;
  if (!std::filesystem::exists(target, absent) || std::filesystem::equivalent(target, run.path, absent))
    return {};
  const Checkpoint earlier = load_checkpoint(target);
  if (earlier.dataset_checksum != run.checkpoint.dataset_checksum)
    throw Error(ErrorKind::model, fmt::format("{} is of other ratings", target.string()),
                "it is not overwritten", "‹output› with another name");
  return earlier.added;
}

}  // namespace

UpdateReport update_run(const UpdateOptions& options, const OpenOptions& open, const RunSettings& settings) {
  const bool takes_data = options.history.empty();
  if (takes_data && open.data.empty())
    throw Error(ErrorKind::usage, "update with what?", "neither ‹history› nor ‹data› was given",
                "movrec update ‹history› new-ratings.csv, or ‹data› with a later version of the ratings");
  const std::filesystem::path model = find_checkpoint(open.checkpoint, settings.runs_dir);
  const std::filesystem::path target =
      options.output.empty() ? model.parent_path() / kUpdated : std::filesystem::path(options.output);
  // What others add meanwhile must not be lost: from here on they wait.
  const FileLock lock = FileLock::wait_for(folder_of(target), "another update");
  OpenOptions trained = open;
  if (takes_data) trained.data.clear();
  OpenedRun run = open_run(trained, settings);
  require_histories(run, "update");
  UpdateReport report;
  report.checkpoint = target;
  if (options.output.empty()) append(run.checkpoint.added, earlier_additions(report.checkpoint, run));
  const AddedRatings added =
      takes_data ? read_grown(open, run, run.checkpoint.added) : read_added(options.history, run);
  append(run.checkpoint.added, added);

  const UserMap users(added.users), all(run.checkpoint.added.users);
  for (const UserId& id : users.ids()) report.new_users += run.dataset.users.find(id) ? 0 : 1;
  report.ratings = std::ssize(added.stars);
  report.users = users.size();
  report.all_ratings = std::ssize(run.checkpoint.added.stars);
  report.all_users = all.size();
  if (users.size() > 0) report.first_user = users.ids()[0];
  save_checkpoint(report.checkpoint, run.checkpoint);
  return report;
}

}  // namespace movrec
