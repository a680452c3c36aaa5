#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "movrec/app/list_runs.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/log.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view word_of(ListedRun::State state) {
  using enum ListedRun::State;
  return state == finished ? "finished" : state == unfinished ? "unfinished" : "damaged";
}

std::string figure(std::optional<double> value) {
  return value ? fmt::format("{:.4f}", *value) : "-";
}
Json figure_json(std::optional<double> value) {
  return value ? Json(*value) : Json();
}

std::string text_of(const std::vector<ListedRun>& runs) {
  using enum Table::Align;
  Table table({{"run"},
               {"model"},
               {"validation", right},
               {"by"},
               {"test RMSE", right},
               {"test NDCG@10", right},
               {"state"}});
  for (const ListedRun& run : runs)
    table.add_row({run.folder.filename().string(), run.model, figure(run.valid), run.selects_by,
                   figure(run.test_rmse), figure(run.test_ndcg), std::string(word_of(run.state))});
  return table.text();
}

Json json_of(const std::vector<ListedRun>& runs) {
  Json list = Json::array();
  for (const ListedRun& run : runs)
    list.push_back(
        {{"run", run.folder.string()},
         {"state", word_of(run.state)},
         {"model", run.model},
         {"selects_by", run.selects_by},
         {"valid", figure_json(run.valid)},
         {"test", {{"rmse", figure_json(run.test_rmse)}, {"ndcg@10", figure_json(run.test_ndcg)}}}});
  return {{"schema", "movrec.runs/1"}, {"runs", std::move(list)}};
}

}  // namespace

Action declare_runs(FlagSet& flags) {
  flags.set_footer("Examples:\n  movrec runs\n  movrec runs --runs-dir experiments --json\n");
  return [](Invocation& invocation) {
    const std::vector<ListedRun> runs = list_runs(invocation.global.runs_dir);
    if (invocation.global.json)
      *invocation.out << json_text(json_of(runs), 2) << '\n';
    else if (runs.empty())
      log_info("{} holds no runs", invocation.global.runs_dir);
    else
      *invocation.out << text_of(runs);
    return 0;
  };
}

}  // namespace movrec::cli
