#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "movrec/app/update.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"

namespace movrec::cli {
namespace {

int print(const UpdateReport& report, Invocation& invocation) {
  const std::string checkpoint = report.checkpoint.string();
  if (invocation.global.json) {
    *invocation.out << json_text(nlohmann::ordered_json{{"schema", "movrec.update/1"},
                                                        {"checkpoint", checkpoint},
                                                        {"ratings", report.ratings},
                                                        {"users", report.users},
                                                        {"new_users", report.new_users},
                                                        {"all_ratings", report.all_ratings},
                                                        {"all_users", report.all_users}},
                                 2)
                    << '\n';
    return 0;
  }
  *invocation.out << fmt::format("{}: {} ratings of {} users added, {} of them new; {} of {} in all\n",
                                 checkpoint, format_count(report.ratings), format_count(report.users),
                                 format_count(report.new_users), format_count(report.all_ratings),
                                 format_count(report.all_users));
  if (report.first_user)
    log_info("try: movrec recommend --checkpoint {} --user {}", checkpoint, report.first_user->text);
  return 0;
}

}  // namespace

Action declare_update(FlagSet& flags) {
  const auto options = std::make_shared<UpdateOptions>();
  const auto open = std::make_shared<OpenOptions>();
  flags.bind(*options);
  flags.group("Model and data");
  flags.bind(*open);
  flags.set_footer(
      "The trained model stays as it is; its answers for these users, and no others, come from their old and "
      "new\nratings together. Updates add up.\n\n"
      "Examples:\n"
      "  movrec update --history new-ratings.csv\n"
      "  movrec update --data all-ratings.csv        what came in since the model was trained\n"
      "  movrec recommend --checkpoint updated.pt --user 944\n");
  return [=](Invocation& invocation) {
    return print(update_run(*options, *open, invocation.global.settings()), invocation);
  };
}

}  // namespace movrec::cli
