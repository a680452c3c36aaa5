#include "cli/commands/data_cache.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "movrec/core/error.hpp"
#include "movrec/data/releases.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string name;
  CacheOptions cache;
};

/// Binds --data-dir alone: the command never uses the network.
void bind_data_dir(FlagSet& flags, Options& options) {
  for (const OptionRef& ref : option_refs(options.cache))
    if (ref.field.name == "data-dir") flags.add(ref);
}

void bind_name_and_cache(FlagSet& flags, Options& options) {
  flags.add_positional({Field{.name = "name", .help = "data set (see `movrec data list`)"}, &options.name},
                       true);
  flags.bind(options.cache);
}

void print(std::ostream& out, const Json& document) {
  out << document.dump(2) << '\n';
}

int run_list(Invocation& invocation, const Options& options) {
  const std::string folder = data_directory(options.cache).string();
  Json rows = Json::array();
  Table table({{"name"}, {"MB", Table::Align::right}, {"here"}, {"summary"}});
  for (const Release& release : releases()) {
    const std::string path = local_release(release, options.cache).string();
    rows.push_back({{"name", release.name},
                    {"summary", release.summary},
                    {"megabytes", release.megabytes},
                    {"path", path.empty() ? Json() : Json(path)}});
    table.add_row({std::string(release.name), std::to_string(release.megabytes), path.empty() ? "no" : "yes",
                   std::string(release.summary)});
  }
  constexpr std::string_view kSynthetic = "made on the spot, of any size (--synthetic-users, …)";
  rows.push_back({{"name", "synthetic"}, {"summary", kSynthetic}, {"megabytes", 0}, {"path", Json()}});
  table.add_row({"synthetic", "-", "built in", std::string(kSynthetic)});
  if (invocation.global.json)
    print(*invocation.out, {{"schema", "movrec.data-list/1"}, {"data_dir", folder}, {"data_sets", rows}});
  else
    *invocation.out << table.text() << fmt::format("\nKept in {}\n", folder);
  return 0;
}

int run_download(Invocation& invocation, const Options& options) {
  const Release& release = find_release(options.name);
  const std::string path = fetch_release(release, options.cache).string();
  if (invocation.global.json)
    print(*invocation.out, {{"schema", "movrec.data-download/1"}, {"name", release.name}, {"path", path}});
  else
    *invocation.out << path << '\n';
  return 0;
}

std::string_view name_of(ReleaseCheck::Checksum checksum) {
  switch (checksum) {
    case ReleaseCheck::Checksum::official:
      return "official";
    case ReleaseCheck::Checksum::other:
      return "other";
    case ReleaseCheck::Checksum::not_known:
      return "not known";
    case ReleaseCheck::Checksum::folder:
      return "folder";
  }
  return "";
}

/// What keeps the copy from being the official one; empty if nothing does.
std::string problem_of(const ReleaseCheck& check) {
  if (!check.missing.empty())
    return fmt::format("{} has no {}", check.path.string(), fmt::join(check.missing, ", "));
  if (check.checksum == ReleaseCheck::Checksum::other)
    return fmt::format("{} is not the official archive", check.path.string());
  if (check.checksum == ReleaseCheck::Checksum::not_known)
    return fmt::format("{} cannot be verified", check.path.string());
  return {};
}

int run_verify(Invocation& invocation, const Options& options) {
  const Release& release = find_release(options.name);
  const ReleaseCheck check = check_release(release, options.cache);
  const std::string problem = problem_of(check);
  if (invocation.global.json) {
    print(*invocation.out, {{"schema", "movrec.data-verify/1"},
                            {"name", release.name},
                            {"path", check.path.string()},
                            {"ok", problem.empty()},
                            {"checksum", name_of(check.checksum)},
                            {"sha256", check.sha256.empty() ? Json() : Json(check.sha256)},
                            {"files", check.n_files},
                            {"missing", check.missing}});
  } else {
    const std::string checksum = check.checksum == ReleaseCheck::Checksum::folder
                                     ? "a folder has none"
                                     : fmt::format("{}, SHA-256 {}", name_of(check.checksum), check.sha256);
    *invocation.out << fmt::format("path      {}\nchecksum  {}\nfiles     {}, all readable\n",
                                   check.path.string(), checksum, check.n_files);
  }
  if (problem.empty()) return 0;
  throw Error(ErrorKind::data, problem, check.why,
              check.checksum == ReleaseCheck::Checksum::not_known
                  ? fmt::format("put {}.md5 beside it", check.path.filename().string())
                  : fmt::format("remove it, then: movrec data download {}", release.name));
}

int run_path(Invocation& invocation, const Options& options) {
  const std::string folder = data_directory(options.cache).string();
  if (invocation.global.json)
    print(*invocation.out, {{"schema", "movrec.data-path/1"}, {"path", folder}});
  else
    *invocation.out << folder << '\n';
  return 0;
}

Action make_action(int (*run)(Invocation&, const Options&), std::shared_ptr<Options> options) {
  return [run, options = std::move(options)](Invocation& invocation) { return run(invocation, *options); };
}

}  // namespace

Action declare_data_list(FlagSet& flags) {
  auto options = std::make_shared<Options>();
  bind_data_dir(flags, *options);
  return make_action(run_list, options);
}

Action declare_data_download(FlagSet& flags) {
  auto options = std::make_shared<Options>();
  bind_name_and_cache(flags, *options);
  flags.set_footer(
      "Examples:\n"
      "  movrec data download ml-1m\n"
      "  movrec data download ml-25m --data-dir /srv/data\n"
      "  movrec data download ml-100k --data-url https://mirror.example/movielens");
  return make_action(run_download, options);
}

Action declare_data_verify(FlagSet& flags) {
  auto options = std::make_shared<Options>();
  bind_name_and_cache(flags, *options);
  flags.set_footer("Examples:\n  movrec data verify ml-1m\n  movrec data verify ml-20m --offline");
  return make_action(run_verify, options);
}

Action declare_data_path(FlagSet& flags) {
  auto options = std::make_shared<Options>();
  bind_data_dir(flags, *options);
  flags.set_footer("Examples:\n  cp ml-1m.zip \"$(movrec data path)\"");
  return make_action(run_path, options);
}

}  // namespace movrec::cli
