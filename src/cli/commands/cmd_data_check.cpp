#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "cli/parse/dashes.hpp"
#include "movrec/app/check_data.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/report/check_report.hpp"

namespace movrec::cli {
namespace {

int print(const DataCheck& check, Invocation& invocation) {
  if (invocation.global.json) {
    nlohmann::ordered_json json{{"schema", "movrec.data-check/1"},
                                {"name", check.name},
                                {"usable", check.is_usable()},
                                {"users", check.users},
                                {"items", check.items},
                                {"ratings", check.ratings}};
    json.update(check_json(check.notes));
    *invocation.out << json_text(json, 2) << '\n';
  } else {
    *invocation.out << with_dashes(check_text(check.notes))
                    << fmt::format("{}: {} ratings of {} users and {} items, {}\n", check.name,
                                   format_count(static_cast<std::int64_t>(check.ratings)),
                                   format_count(check.users), format_count(check.items),
                                   check.is_usable() ? "fit to train on" : "not fit to train on as they are");
  }
  return check.is_usable() ? 0 : static_cast<int>(ErrorKind::data);
}

}  // namespace

Action declare_data_check(FlagSet& flags) {
  const auto source = bind_any_data_set(flags);
  flags.set_footer(
      "Exits with 0 where a model could be trained on the ratings as they are, with 3 where not.\n\n"
      "Examples:\n  movrec data check ratings.csv\n  movrec data check ratings.csv --missing "
      "99\n");
  return [source](Invocation& invocation) {
    return print(check_data(chosen_data(*source, invocation), source->cache), invocation);
  };
}

}  // namespace movrec::cli
