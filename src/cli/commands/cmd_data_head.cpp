#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/report/ratings_writer.hpp"

namespace movrec::cli {

Action declare_data_head(FlagSet& flags) {
  const auto source = bind_any_data_set(flags);
  const auto rows = std::make_shared<std::int64_t>(10);
  flags.add({Field{.name = "rows", .help = "how many ratings", .min = 1, .max = 1e9}, rows.get()});
  flags.set_footer("Examples:\n  movrec data head ml-100k\n  movrec data head ratings.csv.gz --rows 20\n");
  return [=](Invocation& invocation) {
    const Dataset dataset = load_dataset(chosen_data(*source, invocation), source->cache);
    const auto n = static_cast<std::size_t>(*rows);
    *invocation.out << (invocation.global.json ? head_json(dataset, n) : head_text(dataset, n));
    return 0;
  };
}

}  // namespace movrec::cli
