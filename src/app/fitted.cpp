#include "app/fitted.hpp"

#include <spdlog/spdlog.h>

#include "movrec/core/error.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/ops/machine.hpp"
#include "movrec/report/run_folder.hpp"

namespace movrec::cli {
namespace {

[[noreturn]] void fail_other_rows(const Fitted& fitted, std::string_view what, std::string why) {
  throw Error(ErrorKind::model, fmt::format("{}: {} not what it was trained on", fitted.path.string(), what),
              std::move(why), "--data PATH with the same ratings, or movrec train on these");
}

void check_rows(const Fitted& fitted) {
  const Checkpoint& checkpoint = fitted.checkpoint;
  if (fitted.dataset.checksum != checkpoint.dataset_checksum)
    fail_other_rows(
        fitted, fmt::format("the ratings of {} are", fitted.dataset.name),
        fmt::format("{} ratings of {} users and {} items from {} have another checksum",
                    format_count(std::ssize(fitted.dataset.ratings.stars)),
                    format_count(fitted.dataset.users.size()), format_count(fitted.dataset.items.size()),
                    fitted.dataset.source.empty() ? "the generator" : fitted.dataset.source));
  if (fitted.split.digest != checkpoint.split_digest)
    fail_other_rows(fitted, "the split is", "the same options select other rows than when it was trained");
  if (fitted.dataset.users != checkpoint.users || fitted.dataset.items != checkpoint.items)
    fail_other_rows(fitted, "the user and item ids are", {});
}

std::map<UserIdx, std::vector<RowIdx>> shown_users(const Fitted& fitted) {
  std::map<UserIdx, std::vector<RowIdx>> shown;
  const std::vector<std::int32_t> counts = ratings_per_user(fitted.train);
  const auto add = [&](std::span<const SplitQuery> queries, std::span<const RowIdx> part) {
    for (const SplitQuery& query : queries) {
      if (counts[index(query.user)] > 0 || shown.contains(query.user)) continue;
      std::vector<RowIdx>& rows = shown[query.user];
      for (const std::uint32_t position : query.visible) rows.push_back(part[position]);
    }
  };
  add(fitted.split.valid_queries, fitted.split.valid);
  add(fitted.split.test_queries, fitted.split.test);
  return shown;
}

std::map<UserId, Person> updated_users(const Fitted& fitted) {
  const AddedRatings& added = fitted.checkpoint.added;
  const UserMap ids(added.users);
  std::vector<UserIdx> users;
  for (const UserId id : ids.ids()) users.push_back(fitted.dataset.users.find(id).value_or(kNoUser));
  std::vector<Person> persons = with_histories(users, fitted.train, fitted.user_facts());
  std::map<UserId, Person> updated;
  for (std::size_t k = 0; k < persons.size(); ++k)
    updated.emplace(ids.ids()[k],
                    fitted.shown.contains(users[k]) ? fitted.person(ids.ids()[k]) : std::move(persons[k]));
  for (std::size_t row = 0; row < added.stars.size(); ++row) {
    const auto item = fitted.dataset.items.find(added.items[row]);
    if (!item)
      fail(ErrorKind::model, "{}: an added rating is of item {}, which is not in {}", fitted.path.string(),
           number(added.items[row]), fitted.checkpoint.dataset_name);
    updated.at(added.users[row]).rate(*item, added.stars[row]);
  }
  return updated;
}

}  // namespace

const UserFeatures& Fitted::user_facts() const {
  static const UserFeatures nothing;
  return model->supports().demographics ? dataset.user_features : nothing;
}

UserMap Fitted::known_users() const {
  if (updated.empty()) return dataset.users;
  std::vector<UserId> ids(dataset.users.ids().begin(), dataset.users.ids().end());
  for (const auto& [id, person] : updated) ids.push_back(id);
  return UserMap(std::move(ids));
}

Person Fitted::person(UserId id) const {
  if (const auto found = updated.find(id); found != updated.end()) return found->second;
  const UserIdx user = *dataset.users.find(id);
  const auto rows = shown.find(user);
  if (rows == shown.end() || !model->supports().history) return Person(user);
  return with_histories(std::span(&user, 1), dataset.ratings.subset(rows->second), user_facts()).front();
}

void warn_of_added_ratings(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  if (!checkpoint.added.stars.empty())
    spdlog::warn("{}: the {} ratings that were added after training are not looked at here", path.string(),
                 format_count(std::ssize(checkpoint.added.stars)));
}

Fitted open_fitted(const FittedOptions& options, const GlobalOptions& global) {
  set_threads(global.threads);
  if (resolve_device(global.device) != "cpu" && global.device != "auto")
    spdlog::warn("--device {}: trained models answer on the CPU", global.device);
  Fitted fitted;
  fitted.path = find_checkpoint(options.checkpoint, global.runs_dir);
  fitted.checkpoint = load_checkpoint(fitted.path);
  DataOptions data = fitted.checkpoint.data;
  if (!options.data.empty()) data.data = options.data;
  in_context(fitted.path.string(), [&] {
    fitted.dataset = load_dataset(data, options.cache);
    fitted.split = make_split(fitted.dataset, fitted.checkpoint.split);
  });
  check_rows(fitted);
  std::vector<RowIdx> rows = fitted.split.train;
  if (fitted.checkpoint.refitted)
    rows.insert(rows.end(), fitted.split.valid.begin(), fitted.split.valid.end());
  fitted.train = fitted.dataset.ratings.subset(rows);
  fitted.model = in_context(fitted.path.string(), [&] { return load_model(fitted.checkpoint); });
  fitted.shown = shown_users(fitted);
  fitted.updated = updated_users(fitted);
  return fitted;
}

}  // namespace movrec::cli
