#include "movrec/report/check_report.hpp"

#include <fmt/format.h>

#include "movrec/core/progress.hpp"

namespace movrec {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLeaveOut = "correct them, or leave them out with ‹skip-bad-lines›";

void add(std::string& out, std::string_view label, const Suspicion& one) {
  out += fmt::format("{:<9} {}\n", label, one.what);
  if (!one.why.empty()) out += fmt::format("{:<9}   why: {}\n", "", one.why);
  if (!one.remedy.empty()) out += fmt::format("{:<9}   try: {}\n", "", one.remedy);
}

}  // namespace

std::string check_text(const DataNotes& notes) {
  std::string out;
  for (const std::string& text : notes.understood) out += fmt::format("{:<9} {}\n", "read", text);
  for (const Suspicion& one : notes.suspicions)
    if (one.is_refused) add(out, "REFUSED", one);
  if (notes.n_bad_lines > 0) {
    add(out, "REFUSED",
        {true,
         fmt::format("lines that cannot be parsed: {}",
                     format_count(static_cast<std::int64_t>(notes.n_bad_lines))),
         {},
         kLeaveOut});
    for (const std::string& line : notes.bad_lines) out += fmt::format("{:<9}   {}\n", "", line);
  }
  for (const Suspicion& one : notes.suspicions)
    if (!one.is_refused) add(out, "note", one);
  return out;
}

Json check_json(const DataNotes& notes) {
  Json refused = Json::array(), others = Json::array();
  for (const Suspicion& one : notes.suspicions) {
    Json json{{"what", one.what}};
    if (!one.why.empty()) json["why"] = one.why;
    if (!one.remedy.empty()) json["try"] = one.remedy;
    (one.is_refused ? refused : others).push_back(std::move(json));
  }
  return {{"understood", notes.understood},
          {"refused", std::move(refused)},
          {"notes", std::move(others)},
          {"bad_lines", {{"count", notes.n_bad_lines}, {"first", notes.bad_lines}}}};
}

}  // namespace movrec
