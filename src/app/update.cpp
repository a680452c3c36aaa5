#include "movrec/app/update.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "movrec/app/described_person.hpp"
#include "movrec/app/title_lookup.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/file_lock.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/written_ratings.hpp"
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
  const std::string text = in_context("‹history›", [&] { return read_file(file, kMostOfHistory); });
  const TitleSearch search = title_search(run);
  AddedRatings added;
  for (const WrittenRating& rating :
       read_written_ratings(text, file, /*has_users=*/true, run.dataset.stars)) {
    const ItemIdx item = resolve_item(search, fmt::format("{}:{}", file, rating.line), rating.item, false);
    if (rating.user.empty()) fail(ErrorKind::data, "{}:{}: expected a user's id", file, rating.line);
    added.users.emplace_back(rating.user);
    added.items.push_back(run.dataset.items.id(item));
    added.stars.push_back(rating.stars);
    added.times.push_back(rating.time);
  }
  if (std::ranges::all_of(added.times, [](std::int64_t time) { return time == 0; })) added.times.clear();
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
  if (options.history.empty())
    throw Error(ErrorKind::usage, "update with what?", "‹history› was not given",
                "movrec update ‹history› new-ratings.csv");
  const std::filesystem::path model = find_checkpoint(open.checkpoint, settings.runs_dir);
  const std::filesystem::path target =
      options.output.empty() ? model.parent_path() / kUpdated : std::filesystem::path(options.output);
  // What others add meanwhile must not be lost: from here on they wait.
  const FileLock lock = FileLock::wait_for(folder_of(target), "another update");
  OpenedRun run = open_run(open, settings);
  require_histories(run, "update");
  UpdateReport report;
  report.checkpoint = target;
  const AddedRatings added = read_added(options.history, run);
  if (options.output.empty()) append(run.checkpoint.added, earlier_additions(report.checkpoint, run));
  append(run.checkpoint.added, added);

  const UserMap users(added.users), all(run.checkpoint.added.users);
  for (const UserId& id : users.ids()) report.new_users += run.dataset.users.find(id) ? 0 : 1;
  report.ratings = std::ssize(added.stars);
  report.users = users.size();
  report.all_ratings = std::ssize(run.checkpoint.added.stars);
  report.all_users = all.size();
  report.first_user = users.ids()[0];
  save_checkpoint(report.checkpoint, run.checkpoint);
  return report;
}

}  // namespace movrec
