#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/report/ratings_writer.hpp"

namespace movrec::cli {
namespace {

struct Options {
  std::string in, out, form;
  DataOptions data;
  CacheOptions cache;
};

int run_convert(Options options, Invocation& invocation) {
  choose_data(options.data, options.in);
  const std::string form = !options.form.empty() ? options.form : std::string(ratings_form_of(options.out));
  const Dataset dataset = load_dataset(options.data, options.cache);
  if (options.out == "-") {
    write_ratings(dataset, form, *invocation.out);
    return 0;
  }
  write_stream_atomically(options.out, [&](std::ostream& out) { write_ratings(dataset, form, out); });
  log_info("wrote {} ratings to {} ({})", format_count(static_cast<std::int64_t>(dataset.ratings.size())),
           options.out, form);
  return 0;
}

/// "" for the one that the file's name says.
std::vector<std::string_view> form_choices() {
  std::vector<std::string_view> choices = ratings_form_names();
  choices.insert(choices.begin(), "");
  return choices;
}

}  // namespace

Action declare_data_convert(FlagSet& flags) {
  const auto options = std::make_shared<Options>();
  flags.add_positional(
      {Field{.name = "in", .help = "a data set by name, or ratings by path (-: standard input)"},
       &options->in},
      true);
  flags.add_positional(
      {Field{.name = "out", .help = "the file to write (-: standard output)"}, &options->out}, true);
  flags.add({Field{.name = "form",
                   .help = "csv with a header, dat with ::, tsv, jsonl, or recbole's .inter (default: by the "
                           "name of OUT)",
                   .choices = form_choices()},
             &options->form});
  flags.group("What is read, and which of it counts");
  flags.bind(options->data);
  flags.bind(options->cache);
  flags.set_footer(
      "Examples:\n  movrec data convert ml-1m ratings.csv\n"
      "  movrec data convert events.jsonl.gz events.inter --min-user-ratings 5 --min-item-ratings 5\n");
  return [options](Invocation& invocation) { return run_convert(*options, invocation); };
}

}  // namespace movrec::cli
