#include "movrec/app/opened_run.hpp"

#include <algorithm>
#include <utility>

#include "app/run_data.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/ops/machine.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec {
namespace {

[[noreturn]] void fail_other_rows(const OpenedRun& run, std::string_view what, std::string why) {
  throw Error(ErrorKind::model, fmt::format("{}: {} not what it was trained on", run.path.string(), what),
              std::move(why), "‹data› PATH with the same ratings, or movrec train on these");
}

void check_split(const OpenedRun& run) {
  const Checkpoint& checkpoint = run.checkpoint;
  if (run.split.digest != checkpoint.split_digest)
    fail_other_rows(run, "the split is", "the same options select other rows than when it was trained");
  if (run.dataset.users != checkpoint.users || run.dataset.items != checkpoint.items)
    fail_other_rows(run, "the user and item ids are", {});
}

std::map<UserIdx, std::vector<RowIdx>> shown_users(const OpenedRun& run) {
  std::map<UserIdx, std::vector<RowIdx>> shown;
  const std::vector<std::int32_t> counts = ratings_per_user(run.train);
  const auto add = [&](std::span<const SplitQuery> queries, std::span<const RowIdx> part) {
    for (const SplitQuery& query : queries) {
      if (counts[index(query.user)] > 0 || shown.contains(query.user)) continue;
      std::vector<RowIdx>& rows = shown[query.user];
      for (const std::uint32_t position : query.visible) rows.push_back(part[position]);
    }
  };
  add(run.split.valid_queries, run.split.valid);
  add(run.split.test_queries, run.split.test);
  return shown;
}

std::map<UserId, Person> updated_users(const OpenedRun& run) {
  const AddedRatings& added = run.checkpoint.added;
  const std::vector<UserId> ids = UserMap(added.users).ids();
  std::vector<UserIdx> users;
  for (const UserId& id : ids) users.push_back(run.dataset.users.find(id).value_or(kNoUser));
  std::vector<const UserId*> ids_of(static_cast<std::size_t>(run.dataset.users.size()));
  for (std::size_t k = 0; k < ids.size(); ++k)
    if (users[k] != kNoUser) ids_of[index(users[k])] = &ids[k];
  std::vector<Person> persons = with_histories(users, run.train, run.user_facts());
  std::map<UserId, Person> updated;
  for (std::size_t k = 0; k < persons.size(); ++k)
    updated.emplace(ids[k], run.shown.contains(users[k]) ? run.person(ids[k]) : std::move(persons[k]));
  std::map<std::pair<UserId, ItemIdx>, std::int64_t> latest;
  if (!added.times.empty() && !run.train.times.empty())
    for (RowIdx row = 0; row < run.train.size(); ++row)
      if (const UserId* id = ids_of[index(run.train.users[row])]; id != nullptr)
        latest[{*id, run.train.items[row]}] = run.train.times[row];
  for (std::size_t row = 0; row < added.stars.size(); ++row) {
    const auto item = run.dataset.items.find(added.items[row]);
    if (!item)
      fail(ErrorKind::model, "{}: an added rating is of item {}, which is not in {}", run.path.string(),
           shown(added.items[row].text), run.checkpoint.dataset_name);
    const std::int64_t time = added.times.empty() ? 0 : added.times[row];
    std::int64_t& newest = latest[{added.users[row], *item}];
    if (time != 0 && time < newest) continue;  // what came in before is of later
    newest = std::max(newest, time);
    tell(updated.at(added.users[row]), *run.model, run.dataset, *item, added.stars[row]);
  }
  return updated;
}

}  // namespace

const UserFeatures& OpenedRun::user_facts() const {
  static const UserFeatures nothing;
  return model->supports().demographics ? dataset.user_features : nothing;
}

UserMap OpenedRun::known_users() const {
  if (updated.empty()) return dataset.users;
  std::vector<UserId> ids = dataset.users.ids();
  for (const auto& [id, person] : updated) ids.push_back(id);
  return UserMap(ids);
}

Person OpenedRun::person(const UserId& id) const {
  if (const auto found = updated.find(id); found != updated.end()) return found->second;
  const UserIdx user = *dataset.users.find(id);
  const auto rows = shown.find(user);
  if (rows == shown.end() || !model->supports().history) return Person(user);
  return with_histories(std::span(&user, 1), dataset.ratings.subset(rows->second), user_facts()).front();
}

void warn_of_added_ratings(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  if (!checkpoint.added.stars.empty())
    log_warning("{}: the {} ratings that were added after training are not looked at here", path.string(),
                format_count(std::ssize(checkpoint.added.stars)));
}

OpenedRun open_run(const OpenOptions& options, const RunSettings& settings) {
  set_threads(settings.threads);
  if (resolve_device(settings.device) != "cpu" && settings.device != "auto")
    log_warning("‹device› {}: trained models answer on the CPU", settings.device);
  OpenedRun run;
  run.path = find_checkpoint(options.checkpoint, settings.runs_dir);
  run.checkpoint = load_checkpoint(run.path);
  run.dataset = data_of_run(run.checkpoint, run.path, options.data, options.cache);
  in_context(run.path.string(), [&] { run.split = make_split(run.dataset, run.checkpoint.split); });
  check_split(run);
  std::vector<RowIdx> rows = run.split.train;
  if (run.checkpoint.refitted) rows.insert(rows.end(), run.split.valid.begin(), run.split.valid.end());
  run.train = run.dataset.ratings.subset(rows);
  run.model = in_context(run.path.string(), [&] { return load_model(run.checkpoint); });
  run.shown = shown_users(run);
  run.updated = updated_users(run);
  return run;
}

}  // namespace movrec
