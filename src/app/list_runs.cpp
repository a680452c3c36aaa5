#include "movrec/app/list_runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr std::size_t kMostOfResult = std::size_t{64} << 20;

std::optional<double> number_in(const json& object, const std::string& name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

bool is_file(const fs::path& path) {
  std::error_code absent;
  return fs::is_regular_file(path, absent);
}

/// What a result says; left as it is where that is nothing of a run.
void read_result(const fs::path& path, ListedRun& run) {
  run.state = ListedRun::State::damaged;
  json result;
  try {
    result = json::parse(read_file(path, kMostOfResult), nullptr, /*allow_exceptions=*/false);
  } catch (const Error&) {
    return;
  }
  if (!result.is_object() || !result.contains("model") || !result.at("model").is_string()) return;
  run.state = ListedRun::State::finished;
  run.model = result.at("model").get<std::string>();
  const json none = json::object();
  const json& test = result.contains("test") && result.at("test").is_object() ? result.at("test") : none;
  const json& valid = result.contains("valid") && result.at("valid").is_object() ? result.at("valid") : none;
  run.test_rmse = number_in(test, "rmse");
  run.test_ndcg = number_in(test, "ndcg@10");
  for (const auto& [name, value] : valid.items())
    if (value.is_number()) run.selects_by = name, run.valid = value.get<double>();
}

}  // namespace

std::vector<ListedRun> list_runs(const fs::path& runs_dir) {
  std::error_code error;
  if (!fs::is_directory(runs_dir, error))
    throw Error(ErrorKind::usage, fmt::format("{} is no folder of runs", shown(runs_dir.string())), {},
                "movrec train, or ‹runs-dir› DIR");
  std::vector<std::pair<fs::file_time_type, ListedRun>> found;
  for (fs::directory_iterator entry(runs_dir, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& folder = entry->path();
    ListedRun run{.folder = folder};
    const fs::path result = folder / "result.json";
    if (is_file(result))
      read_result(result, run);
    else if (!is_file(folder / "config.toml"))
      continue;
    std::error_code absent;
    found.emplace_back(fs::last_write_time(folder, absent), std::move(run));
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second.folder > b.second.folder;
  });
  std::vector<ListedRun> runs;
  for (auto& [time, run] : found) runs.push_back(std::move(run));
  return runs;
}

}  // namespace movrec
