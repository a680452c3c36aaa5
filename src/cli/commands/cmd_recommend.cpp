#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <ostream>

#include "app/fitted.hpp"
#include "app/list_writer.hpp"
#include "cli/commands/commands.hpp"
#include "cli/parse/person_flags.hpp"
#include "cli/parse/user_list.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/recommend/recommender.hpp"

namespace movrec::cli {
namespace {

/// Users whose lists are held at once.
constexpr std::size_t kBlockUsers = 1024;

struct OutputOptions {
  std::vector<std::int64_t> user;
  std::string users;
  std::string format;
  std::string output;
  bool explain = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(
        Field{.name = "user", .help = "whom to recommend to, by id; several with commas", .value_name = "ID"},
        self.user);
    visit(Field{.name = "users",
                .help = "all, a list of ids (1,2,5), or a file with one id a line",
                .value_name = "LIST"},
          self.users);
    visit(
        Field{.name = "format",
              .help = "table, csv, or jsonl with one JSON object per user (default: by the name of --output, "
                      "else table)",
              .choices = {"", "table", "csv", "jsonl"}},
        self.format);
    visit(Field{.name = "output", .help = "write to this file instead of stdout", .value_name = "FILE"},
          self.output);
    visit(Field{.name = "explain", .help = "say which rated items speak most for each recommended one"},
          self.explain);
  }
};

/// Whom to recommend to: users by id, or somebody new.
struct Audience {
  std::vector<std::optional<UserId>> ids;
  std::vector<Person> persons;
};

void say_who_was_held_out(std::span<const Person> persons, const Fitted& fitted) {
  const auto n = std::ranges::count_if(
      persons, [&](const Person& person) { return fitted.shown.contains(person.user()); });
  if (n > 0)
    spdlog::info("{} of these users {} held out of training: {}", format_count(n), n == 1 ? "was" : "were",
                 fitted.model->supports().history
                     ? "known by what the split shows of them"
                     : "this model looks at no history, so they get everybody's list");
}

/// Error{usage} where nobody is meant, or nobody in particular.
Audience find_audience(const OutputOptions& output, const PersonOptions& about, const Fitted& fitted) {
  const bool describes = about.has_ratings() || about.has_demographics();
  Audience audience;
  if (!output.user.empty() || !output.users.empty()) {
    for (const UserId id :
         find_users(output.user, output.users, fitted.known_users(), fitted.checkpoint.dataset_name)) {
      audience.ids.emplace_back(id);
      audience.persons.push_back(fitted.person(id));
    }
    say_who_was_held_out(audience.persons, fitted);
  } else {
    audience = {{std::nullopt}, {Person()}};
  }
  if (!describes) return audience;
  if (audience.persons.size() > 1)
    throw Error(ErrorKind::usage, "whose are these ratings and facts?",
                fmt::format("{} users are asked for", audience.persons.size()), "--user with one id");
  Person& person = audience.persons[0];
  if (person.user() != kNoUser && !person.has_history()) {
    const UserIdx user = person.user();
    person = with_histories(std::span(&user, 1), fitted.train, fitted.user_facts()).front();
  }
  person = describe_person(about, std::move(person), fitted);
  return audience;
}

/// The same persons with the ratings that recommendations to them can be explained by.
std::vector<Person> explained(std::span<const Person> persons, const Fitted& fitted) {
  std::vector<UserIdx> users;  // that have no ratings of their own here
  for (const Person& person : persons) users.push_back(person.has_history() ? kNoUser : person.user());
  std::vector<Person> out = with_histories(users, fitted.train, fitted.user_facts());
  for (std::size_t k = 0; k < persons.size(); ++k) {
    if (persons[k].has_history()) out[k] = persons[k];
    if (persons[k].demographics) out[k].demographics = persons[k].demographics;
  }
  return out;
}

void write_lists(const Fitted& fitted,
                 const Recommender& recommender,
                 const Audience& audience,
                 Format format,
                 bool explains,
                 std::ostream& out) {
  ListWriter writer(format, fitted, explains, out);
  const std::size_t n = audience.persons.size();
  Progress progress("recommend", static_cast<std::int64_t>(n), "users");
  writer.open();
  for (std::size_t begin = 0; begin < n; begin += kBlockUsers) {
    check_stop();
    const std::size_t n_block = std::min(kBlockUsers, n - begin);
    const auto persons = std::span(audience.persons).subspan(begin, n_block);
    const auto lists = recommender.top(persons);
    const std::vector<Person> reasons = explains ? explained(persons, fitted) : std::vector<Person>();
    progress.clear();
    std::vector<std::vector<Line>> lines;
    for (std::size_t k = 0; k < n_block; ++k)
      lines.push_back(make_lines(fitted, persons[k], lists[k], explains ? &reasons[k] : nullptr));
    writer.write(std::span(audience.ids).subspan(begin, n_block), lines);
    progress.update(static_cast<std::int64_t>(begin + n_block));
  }
  progress.clear();
  writer.close();
}

int run_recommend(const OutputOptions& output,
                  const PersonOptions& about,
                  const RecommendOptions& options,
                  const FittedOptions& fitted_options,
                  Invocation& invocation) {
  const Format format = choose_format(output.format, output.output, invocation.global.json);
  if (output.user.empty() && output.users.empty() && !about.has_ratings() && !about.has_demographics())
    throw Error(ErrorKind::usage, "recommend to whom?",
                "neither --user nor --users was given, and nothing about somebody new",
                "movrec recommend --user 1, or movrec recommend --like \"Toy Story\"");
  const Fitted fitted = open_fitted(fitted_options, invocation.global);
  if (output.explain) require_histories(fitted, "--explain");
  const Recommender recommender(*fitted.model, fitted.dataset, fitted.train, options);
  const Audience audience = find_audience(output, about, fitted);
  if (recommender.candidates().empty())
    spdlog::warn("no item has {} training ratings and passes the filters",
                 format_count(recommender.min_ratings()));
  spdlog::info("{} on {}: {} of {} items have {} training ratings or more and pass the filters",
               fitted.checkpoint.spec.algorithm, fitted.checkpoint.dataset_name,
               format_count(std::ssize(recommender.candidates())), format_count(fitted.dataset.items.size()),
               recommender.min_ratings());
  const auto write = [&](std::ostream& out) {
    write_lists(fitted, recommender, audience, format, output.explain, out);
  };
  if (output.output.empty()) {
    write(*invocation.out);
    return 0;
  }
  write_stream_atomically(output.output, write);
  spdlog::info("wrote the lists of {} users to {}", format_count(std::ssize(audience.persons)),
               output.output);
  return 0;
}

}  // namespace

Action declare_recommend(FlagSet& flags) {
  const auto output = std::make_shared<OutputOptions>();
  const auto about = std::make_shared<PersonOptions>();
  const auto options = std::make_shared<RecommendOptions>();
  const auto fitted = std::make_shared<FittedOptions>();
  flags.bind(*output);
  flags.group("About you (somebody new, or more about one --user)");
  flags.bind(*about);
  flags.group("What to recommend");
  flags.bind(*options);
  flags.group("Model and data");
  flags.bind(*fitted);
  flags.set_footer(
      "Examples:\n"
      "  movrec recommend --user 1 --top 5\n"
      "  movrec recommend --user 1 --genre Comedy --year-from 1990\n"
      "  movrec recommend --like \"Toy Story\" --like 50 --dislike \"Star Trek\" --explain\n"
      "  movrec recommend --users all --output lists.csv\n");
  return
      [=](Invocation& invocation) { return run_recommend(*output, *about, *options, *fitted, invocation); };
}

}  // namespace movrec::cli
