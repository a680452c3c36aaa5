#include "movrec/app/audience.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/user_list.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/solve/common/bias.hpp"

namespace movrec {
namespace {

/// Users whose lists are held at once.
constexpr std::size_t kBlockUsers = 1024;

void say_who_was_held_out(std::span<const Person> persons, const OpenedRun& run) {
  const auto n =
      std::ranges::count_if(persons, [&](const Person& person) { return run.shown.contains(person.user()); });
  if (n > 0)
    log_info("{} of these users {} held out of training: {}", format_count(n), n == 1 ? "was" : "were",
             run.model->supports().history ? "known by what the split shows of them"
                                           : "this model looks at no history, so they get everybody's list");
}

}  // namespace

Audience find_audience(const AudienceOptions& asked, const PersonOptions& about, const OpenedRun& run) {
  const bool describes = about.has_ratings() || about.has_demographics();
  Audience audience;
  if (!asked.user.empty() || !asked.users.empty()) {
    for (const UserId& id :
         find_users(asked.user, asked.users, run.known_users(), run.checkpoint.dataset_name)) {
      audience.ids.emplace_back(id);
      audience.persons.push_back(run.person(id));
    }
    say_who_was_held_out(audience.persons, run);
  } else {
    audience = {{std::nullopt}, {Person()}};
  }
  if (!describes) return audience;
  if (audience.persons.size() > 1)
    throw Error(ErrorKind::usage, "whose are these ratings and facts?",
                fmt::format("{} users are asked for", audience.persons.size()), "‹user› with one id");
  Person& person = audience.persons[0];
  if (person.user() != kNoUser && !person.has_history()) {
    const UserIdx user = person.user();
    person = with_histories(std::span(&user, 1), run.train, run.user_facts()).front();
  }
  person = describe_person(about, std::move(person), run);
  return audience;
}

std::vector<Person> explained(std::span<const Person> persons, const OpenedRun& run) {
  std::vector<UserIdx> users;  // that have no ratings of their own here
  for (const Person& person : persons) users.push_back(person.has_history() ? kNoUser : person.user());
  std::vector<Person> out = with_histories(users, run.train, run.user_facts());
  for (std::size_t k = 0; k < persons.size(); ++k) {
    if (persons[k].has_history()) out[k] = persons[k];
    if (persons[k].demographics) out[k].demographics = persons[k].demographics;
  }
  return out;
}

void say_what_is_listed(const Recommender& recommender, const OpenedRun& run) {
  if (recommender.candidates().empty())
    log_warning("no item has {} training ratings and passes the filters",
                format_count(recommender.min_ratings()));
  log_info("{} on {}: {} of {} items have {} training ratings or more and pass the filters", run.algorithm(),
           run.checkpoint.dataset_name, format_count(std::ssize(recommender.candidates())),
           format_count(run.dataset.items.size()), recommender.min_ratings());
}

double user_damping_of(const OpenedRun& run) {
  return run.checkpoint.spec.options.as<BiasOptions>().user_damping;
}

void for_each_lists(const OpenedRun& run,
                    const Recommender& recommender,
                    const Audience& audience,
                    bool explains,
                    const VisitLists& visit) {
  const std::size_t n = audience.persons.size();
  Progress progress("recommend", static_cast<std::int64_t>(n), "users");
  for (std::size_t begin = 0; begin < n; begin += kBlockUsers) {
    check_stop();
    const std::size_t n_block = std::min(kBlockUsers, n - begin);
    const auto persons = std::span(audience.persons).subspan(begin, n_block);
    const auto lists = recommender.top(persons);
    const std::vector<Person> reasons = explains ? explained(persons, run) : std::vector<Person>();
    progress.clear();
    std::vector<std::vector<Line>> lines;
    for (std::size_t k = 0; k < n_block; ++k)
      lines.push_back(make_lines(*run.model, run.dataset, user_damping_of(run), persons[k], lists[k],
                                 explains ? &reasons[k] : nullptr));
    visit(std::span(audience.ids).subspan(begin, n_block), lines);
    progress.update(static_cast<std::int64_t>(begin + n_block));
  }
}

}  // namespace movrec
