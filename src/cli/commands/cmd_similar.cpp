#include <fmt/ranges.h>

#include <ostream>

#include "cli/commands/commands.hpp"
#include "movrec/app/similar.hpp"
#include "movrec/core/files.hpp"
#include "movrec/report/similar_writer.hpp"

namespace movrec::cli {
namespace {

struct SimilarOptions {
  std::vector<std::string> title;
  std::string format, output;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "format",
                .help = "table or csv (default: by the name of --output, else table)",
                .choices = {"", "table", "csv"}},
          self.format);
    visit(Field{.name = "output", .help = "write to this file instead of stdout", .value_name = "FILE"},
          self.output);
  }
};

int run_similar(const SimilarOptions& similar,
                const RecommendOptions& options,
                const OpenOptions& open,
                Invocation& invocation) {
  const Format format = choose_format(similar.format, similar.output, invocation.global.json);
  const OpenedRun run = open_run(open, invocation.global.settings());
  const auto [item, best] = most_similar(run, fmt::format("{}", fmt::join(similar.title, " ")), options);
  const ListTitles titles = titles_of(*run.model, run.dataset);
  if (similar.output.empty())
    write_similar(titles, item, best, format, *invocation.out);
  else
    write_stream_atomically(similar.output, [&, item = item, &best = best](std::ostream& file) {
      write_similar(titles, item, best, format, file);
    });
  return 0;
}

}  // namespace

Action declare_similar(FlagSet& flags) {
  const auto similar = std::make_shared<SimilarOptions>();
  const auto options = std::make_shared<RecommendOptions>();
  const auto open = std::make_shared<OpenOptions>();
  flags.add_positional(
      {Field{.name = "title", .help = "an item, by title or id", .value_name = "TITLE", .separator = '\n'},
       &similar->title},
      true);
  flags.bind(*similar);
  flags.group("What to show");
  for (const OptionRef& ref : option_refs(*options))
    if (ref.field.name != "include-seen") flags.add(ref);
  flags.group("Model and data");
  flags.bind(*open);
  flags.set_footer(
      "Examples:\n"
      "  movrec similar \"Star Wars\"\n"
      "  movrec similar 50 --top 5 --genre Comedy\n");
  return [=](Invocation& invocation) { return run_similar(*similar, *options, *open, invocation); };
}

}  // namespace movrec::cli
