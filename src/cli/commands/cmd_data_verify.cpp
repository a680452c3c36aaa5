#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands/data_commands.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {
namespace {

using Json = nlohmann::ordered_json;

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

int run_verify(Invocation& invocation, const NamedDataSet& options) {
  const Release& release = find_release(options.name);
  const ReleaseCheck check = check_release(release, options.cache);
  const std::string problem = problem_of(check);
  if (invocation.global.json) {
    *invocation.out << json_text(Json({{"schema", "movrec.data-verify/1"},
                                       {"name", release.name},
                                       {"path", check.path.string()},
                                       {"ok", problem.empty()},
                                       {"checksum", name_of(check.checksum)},
                                       {"sha256", check.sha256.empty() ? Json() : Json(check.sha256)},
                                       {"files", check.n_files},
                                       {"missing", check.missing}}),
                                 2)
                    << '\n';
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

}  // namespace

Action declare_data_verify(FlagSet& flags) {
  const auto data_set = bind_named_data_set(flags);
  flags.set_footer("Examples:\n  movrec data verify ml-1m\n  movrec data verify ml-20m --offline");
  return [data_set](Invocation& invocation) { return run_verify(invocation, *data_set); };
}

}  // namespace movrec::cli
