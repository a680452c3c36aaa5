#include "movrec/app/runtime.hpp"

#include <utility>
#include <vector>

#include "app/child_runs.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/files.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

Json to_json(const Member& member) {
  const FitRequest& request = member.request;
  return {{"name", member.name},
          {"algorithm", request.algorithm},
          {"options", request.options.to_json()},
          {"data", options_to_json(request.data)},
          {"split", options_to_json(request.split)},
          {"ranking", options_to_json(request.ranking)},
          {"cache", options_to_json(request.cache)},
          {"runs_dir", request.settings.runs_dir},
          {"device", request.settings.device},
          {"threads", request.settings.threads},
          {"time_budget", request.time_budget},
          {"folder", request.folder.string()},
          {"test_ranking", options_to_json(member.test.ranking)},
          {"ranks_slow_models", member.test.ranks_slow_models},
          {"profile", member.test.profile},
          {"goes_on", member.goes_on}};
}

Member member_from(const Json& json) {
  Member member{.name = json.at("name"), .request = {}, .test = {}};
  FitRequest& request = member.request;
  request.algorithm = json.at("algorithm");
  request.options = model_options_from_json(request.algorithm, json.at("options"));
  options_from_json(request.data, json.at("data"));
  options_from_json(request.split, json.at("split"));
  options_from_json(request.ranking, json.at("ranking"));
  options_from_json(request.cache, json.at("cache"));
  request.settings = {
      .runs_dir = json.at("runs_dir"), .device = json.at("device"), .threads = json.at("threads")};
  request.time_budget = json.at("time_budget");
  request.folder = json.at("folder").get<std::string>();
  options_from_json(member.test.ranking, json.at("test_ranking"));
  member.test.ranks_slow_models = json.at("ranks_slow_models");
  member.test.profile = json.at("profile");
  member.goes_on = json.at("goes_on");
  return member;
}

Json to_json(const Error& error) {
  return {{"kind", static_cast<int>(error.kind())},
          {"what", error.message()},
          {"why", error.why()},
          {"try", error.remedy()}};
}

fs::path with_ending(fs::path path, std::string_view ending) {
  return path.replace_extension(ending);
}

/// What the process of a member left behind.
Json read_outcome(const Member& member, const fs::path& file, int code) {
  const auto lost = [&] {
    throw Error(ErrorKind::failure, fmt::format("{}: it ended with code {}", member.name, code), {},
                fmt::format("more in {}", member.log.string()));
  };
  if (!fs::exists(file)) lost();
  const Json outcome = Json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (outcome.is_discarded()) lost();
  if (outcome.contains("result")) return outcome.at("result");
  const Json& error = outcome.at("error");
  throw Error(static_cast<ErrorKind>(error.at("kind").get<int>()),
              fmt::format("{}: {}", member.name, error.at("what").get<std::string>()), error.at("why"),
              fmt::format("more in {}", member.log.string()));
}

Fit fit_of(const Member& member) {
  const fs::path last = member.request.folder / "last.pt";
  if (!member.goes_on || !fs::exists(last)) return fit_run(member.request);
  StartedRun run = read_started_run(last);
  run.request.cache = member.request.cache;
  run.request.settings = member.request.settings;
  run.request.time_budget = member.request.time_budget;
  return resume_run(run);
}

}  // namespace

Json run_member(const Member& member) {
  const TrainedRun run = finish_run(fit_of(member), member.test);
  return run_json(run.fit, run.test);
}

void InProcess::run(std::span<const Member> members, int, const OnEnd& on_end) const {
  for (std::size_t k = 0; k < members.size(); ++k) {
    check_stop();
    on_end(k, in_context(members[k].name, [&] { return run_member(members[k]); }));
  }
}

void ChildProcesses::run(std::span<const Member> members, int jobs, const OnEnd& on_end) const {
  std::vector<ChildRun> children;
  std::vector<std::pair<fs::path, fs::path>> files;
  for (const Member& member : members) {
    if (const std::string path = member.log.string(); !is_utf8(path))
      fail(ErrorKind::usage, "‹runs-dir›: '{}' is not valid UTF-8", shown(path));
    const auto& [request, outcome] =
        files.emplace_back(with_ending(member.log, ".request"), with_ending(member.log, ".outcome"));
    fs::remove(outcome);
    write_file_atomically(request, to_json(member).dump() + "\n");
    children.push_back({.arguments = {std::string(kMemberWord), request.string(), outcome.string()},
                        .out = "/dev/null",
                        .err = member.log});
  }
  const auto clear = [&](std::size_t k) {
    std::error_code ignored;
    fs::remove(files[k].first, ignored);
    fs::remove(files[k].second, ignored);
  };
  try {
    run_children(program_, children, jobs, [&](std::size_t k, int code) {
      Json result = read_outcome(members[k], files[k].second, code);
      clear(k);
      on_end(k, std::move(result));
    });
  } catch (...) {
    for (std::size_t k = 0; k < files.size(); ++k) clear(k);
    throw;
  }
}

void run_member_of(const fs::path& request, const fs::path& outcome) {
  const auto write = [&](const Json& json) { write_file_atomically(outcome, json.dump() + "\n"); };
  try {
    write({{"result", run_member(member_from(Json::parse(read_file(request))))}});
  } catch (const Error& error) {
    write({{"error", to_json(error)}});
    throw;
  }
}

}  // namespace movrec
