#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/fitted.hpp"
#include "cli/commands/commands.hpp"
#include "cli/parse/person_flags.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/data/written_ratings.hpp"

namespace movrec::cli {
namespace {

constexpr const char* kUpdated = "updated.pt";

struct UpdateOptions {
  std::string history, output;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "history",
                .help = "new ratings: a file with lines user,item,stars[,time], where an item is an id or a "
                        "title",
                .value_name = "FILE"},
          self.history);
    visit(Field{.name = "output",
                .help = "write the updated model here (default: updated.pt beside the trained one)",
                .value_name = "FILE"},
          self.output);
  }
};

std::int32_t user_id(const WrittenRating& rating, const std::string& file) {
  std::int32_t id = -1;
  const char* const end = rating.user.data() + rating.user.size();
  const auto [stop, error] = std::from_chars(rating.user.data(), end, id);
  if (error != std::errc{} || stop != end || id < 0)
    fail(ErrorKind::data, "{}:{}: expected a user id from 0 to 2147483647, found '{}'", file, rating.line,
         rating.user);
  return id;
}

void append(AddedRatings& to, const AddedRatings& from) {
  to.users.insert(to.users.end(), from.users.begin(), from.users.end());
  to.items.insert(to.items.end(), from.items.begin(), from.items.end());
  to.stars.insert(to.stars.end(), from.stars.begin(), from.stars.end());
}

AddedRatings read_added(const std::string& file, const Fitted& fitted) {
  const std::string text = in_context("--history", [&] { return read_file(file); });
  const TitleSearch search = title_search(fitted);
  AddedRatings added;
  for (const WrittenRating& rating :
       read_written_ratings(text, file, /*has_users=*/true, fitted.dataset.stars)) {
    const ItemIdx item = resolve_item(search, fmt::format("{}:{}", file, rating.line), rating.item, false);
    added.users.push_back(UserId{user_id(rating, file)});
    added.items.push_back(fitted.dataset.items.id(item));
    added.stars.push_back(rating.stars);
  }
  return added;
}

/// What earlier updates of this run wrote beside it.
AddedRatings earlier_additions(const std::filesystem::path& target, const Fitted& fitted) {
  if (!std::filesystem::exists(target) || std::filesystem::equivalent(target, fitted.path)) return {};
  const Checkpoint earlier = load_checkpoint(target);
  if (earlier.dataset_checksum != fitted.checkpoint.dataset_checksum)
    throw Error(ErrorKind::model, fmt::format("{} is of other ratings", target.string()),
                "it is not overwritten", "--output with another name");
  return earlier.added;
}

int run_update(const UpdateOptions& options, const FittedOptions& fitted_options, Invocation& invocation) {
  if (options.history.empty())
    throw Error(ErrorKind::usage, "update with what?", "--history was not given",
                "movrec update --history new-ratings.csv");
  Fitted fitted = open_fitted(fitted_options, invocation.global);
  require_histories(fitted, "update");
  const std::filesystem::path target =
      options.output.empty() ? fitted.path.parent_path() / kUpdated : std::filesystem::path(options.output);
  const AddedRatings added = read_added(options.history, fitted);
  if (options.output.empty()) append(fitted.checkpoint.added, earlier_additions(target, fitted));
  append(fitted.checkpoint.added, added);

  const UserMap users(added.users), all(fitted.checkpoint.added.users);
  std::int64_t n_new = 0;
  for (const UserId id : users.ids()) n_new += fitted.dataset.users.find(id) ? 0 : 1;
  const std::int64_t n_added = std::ssize(added.stars), n_all = std::ssize(fitted.checkpoint.added.stars);
  save_checkpoint(target, fitted.checkpoint);
  if (invocation.global.json) {
    *invocation.out << nlohmann::ordered_json{{"schema", "movrec.update/1"}, {"checkpoint", target.string()},
                                              {"ratings", n_added},          {"users", users.size()},
                                              {"new_users", n_new},          {"all_ratings", n_all},
                                              {"all_users", all.size()}}
                           .dump(2)
                    << '\n';
    return 0;
  }
  *invocation.out << fmt::format("{}: {} ratings of {} users added, {} of them new; {} of {} in all\n",
                                 target.string(), format_count(n_added), format_count(users.size()),
                                 format_count(n_new), format_count(n_all), format_count(all.size()));
  spdlog::info("try: movrec recommend --checkpoint {} --user {}", target.string(), number(users.ids()[0]));
  return 0;
}

}  // namespace

Action declare_update(FlagSet& flags) {
  const auto options = std::make_shared<UpdateOptions>();
  const auto fitted = std::make_shared<FittedOptions>();
  flags.bind(*options);
  flags.group("Model and data");
  flags.bind(*fitted);
  flags.set_footer(
      "The trained model stays as it is; its answers for these users, and no others, come from their old and "
      "new\nratings together. Updates add up.\n\n"
      "Examples:\n"
      "  movrec update --history new-ratings.csv\n"
      "  movrec recommend --checkpoint updated.pt --user 944\n");
  return [=](Invocation& invocation) { return run_update(*options, *fitted, invocation); };
}

}  // namespace movrec::cli
