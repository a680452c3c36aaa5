#include <ostream>

#include "cli/commands/commands.hpp"
#include "movrec/app/audience.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/report/list_writer.hpp"

namespace movrec::cli {
namespace {

struct OutputOptions {
  std::string format;
  std::string output;
  bool explain = false;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
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

struct Request {
  AudienceOptions audience;
  OutputOptions output;
  PersonOptions about;
  RecommendOptions recommend;
  OpenOptions open;
};

void write_lists(const OpenedRun& run,
                 const Recommender& recommender,
                 const Audience& audience,
                 Format format,
                 bool explains,
                 std::ostream& out) {
  ListTitles titles = titles_of(*run.model, run.dataset);
  titles.users_are_numbers = run.known_users().table().are_numbers();
  ListWriter writer(format, titles, explains, out);
  writer.open();
  for_each_lists(run, recommender, audience, explains,
                 [&](std::span<const std::optional<UserId>> ids, std::span<const std::vector<Line>> lists) {
                   writer.write(ids, lists);
                 });
  writer.close();
}

int run_recommend(const Request& request, Invocation& invocation) {
  const OutputOptions& output = request.output;
  const Format format = choose_format(output.format, output.output, invocation.global.json);
  if (request.audience.user.empty() && request.audience.users.empty() && !request.about.has_ratings() &&
      !request.about.has_demographics())
    throw Error(ErrorKind::usage, "recommend to whom?",
                "neither --user nor --users was given, and nothing about somebody new",
                "movrec recommend --user 1, or movrec recommend --like \"Toy Story\"");
  const OpenedRun run = open_run(request.open, invocation.global.settings());
  if (output.explain) require_histories(run, "--explain");
  const Recommender recommender(*run.model, run.dataset, run.train, request.recommend);
  const Audience audience = find_audience(request.audience, request.about, run);
  say_what_is_listed(recommender, run);
  const auto write = [&](std::ostream& out) {
    write_lists(run, recommender, audience, format, output.explain, out);
  };
  if (output.output.empty()) {
    write(*invocation.out);
    return 0;
  }
  write_stream_atomically(output.output, write);
  log_info("wrote the lists of {} users to {}", format_count(std::ssize(audience.persons)), output.output);
  return 0;
}

}  // namespace

Action declare_recommend(FlagSet& flags) {
  const auto request = std::make_shared<Request>();
  flags.bind(request->audience);
  flags.bind(request->output);
  flags.group("About you (somebody new, or more about one --user)");
  flags.bind(request->about);
  flags.group("What to recommend");
  flags.bind(request->recommend);
  flags.group("Model and data");
  flags.bind(request->open);
  flags.set_footer(
      "Examples:\n"
      "  movrec recommend --user 1 --top 5\n"
      "  movrec recommend --user 1 --genre Comedy --year-from 1990\n"
      "  movrec recommend --user 1 --where 'genres=Comedy|Drama,year>=1990,year<2000'\n"
      "  movrec recommend --like \"Toy Story\" --like 50 --dislike \"Star Trek\" --explain\n"
      "  movrec recommend --users all --output lists.csv\n");
  return [request](Invocation& invocation) { return run_recommend(*request, invocation); };
}

}  // namespace movrec::cli
