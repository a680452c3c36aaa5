#include "data/rating_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

using Role = RatingColumn::Role;
using enum RatingColumn::Role;

/// The names of each role, the most usual first: where a header has two of them ("asin" and "parent_asin", "title" and
/// "movieId"), the earlier one counts.
struct Names {
  Role role;
  std::vector<std::string_view> plain;
};
const std::array<Names, RatingColumn::kRoles>& usual_names() {
  static const std::array<Names, RatingColumn::kRoles> names{{
      {kUser, {"user",      "userid",   "uid",        "users",     "customer", "customerid", "reviewerid",
               "reviewer",  "member",   "memberid",   "profileid", "account",  "accountid",  "visitor",
               "visitorid", "listener", "listenerid", "player",    "playerid", "person",     "personid",
               "client",    "clientid", "buyer",      "buyerid",   "viewer",   "viewerid",   "steamid",
               "username",  "useridx",  "userindex",  "reader",    "readerid", "critic"}},
      {kItem, {"item",    "itemid",  "iid",          "movie",    "movieid",  "items",     "parentasin",
               "asin",    "isbn",    "bookid",       "book",     "sku",      "product",   "productid",
               "animeid", "anime",   "businessid",   "business", "artistid", "artist",    "trackid",
               "track",   "songid",  "song",         "gameid",   "game",     "appid",     "app",
               "jokeid",  "joke",    "restaurantid", "recipeid", "recipe",   "articleid", "article",
               "newsid",  "videoid", "video",        "showid",   "show",     "filmid",    "film",
               "albumid", "album",   "courseid",     "course",   "workid",   "tconst",    "imdbid",
               "tmdbid",  "const",   "itemindex",    "gmapid",   "title",    "name"}},
      {kStars,
       {"rating",      "ratings",    "stars",      "star",     "score",     "overall",    "starrating",
        "bookrating",  "userrating", "yourrating", "myrating", "playcount", "plays",      "listeningcount",
        "listencount", "hours",      "weight",     "count",    "value",     "preference", "points",
        "grade",       "vote",       "feedback",   "quantity", "nevents"}},
      {kTime,
       {"timestamp", "time", "unixreviewtime", "date", "datetime", "unixtime", "daterated", "reviewtime",
        "ratedat", "createdat", "watcheddate", "watchedat", "lastwatchedat", "dateadded", "dateupdated",
        "day", "unixtimestamp", "eventtime", "reviewdate"}},
  }};
  return names;
}

[[noreturn]] void fail_twice(std::string_view columns, Role role) {
  fail(ErrorKind::usage, "‹columns› {}: the column '{}' is named twice", columns, RatingColumn::kNames[role]);
}

/// "user=customer_id,item=sku,rating=-": a name of the header or the number of a field, from 1.
RatingColumns of_pairs(std::string_view columns,
                       std::span<const std::string_view> words,
                       std::span<const std::string> header,
                       std::size_t n_fields,
                       std::string_view file) {
  RatingColumns out = RatingColumns::of_header(header);
  std::array<bool, RatingColumn::kRoles> is_set{};
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    const std::string_view key = trim(word.substr(0, equals));
    const std::string_view value = equals == std::string_view::npos ? "" : trim(word.substr(equals + 1));
    const auto* const found = std::ranges::find(RatingColumn::kNames, key);
    if (found == RatingColumn::kNames.end() || value.empty())
      throw Error(
          ErrorKind::usage, fmt::format("‹columns› {}: cannot read '{}'", shown(columns), shown(word)),
          "expected user=NAME, item=NAME, rating=NAME and time=NAME", "‹columns› user=customer_id,item=sku");
    const auto role = static_cast<Role>(found - RatingColumn::kNames.begin());
    if (std::exchange(is_set[role], true)) fail_twice(columns, role);
    const auto by_name = std::ranges::find(header, value);
    const auto number = to_number<std::size_t>(value);
    if (value == "-")
      out.unset(role);
    else if (by_name != header.end())
      out.set(role, static_cast<std::size_t>(by_name - header.begin()));
    else if (number && *number >= 1 && *number <= n_fields)
      out.set(role, *number - 1);
    else
      throw Error(ErrorKind::usage,
                  fmt::format("‹columns› {}: {} has no column '{}'", shown(columns), file, shown(value)),
                  header.empty()
                      ? fmt::format("it has {} columns and no header: name them by number", n_fields)
                      : fmt::format("its columns are {}", shown(fmt::format("{}", fmt::join(header, ", ")))));
  }
  return out;
}

}  // namespace

std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, name.find(':')))
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return plain;
}

std::optional<Role> RatingColumn::role_of(std::string_view name) {
  const std::string plain = plain_name(name);
  for (const Names& names : usual_names())
    if (std::ranges::find(names.plain, plain) != names.plain.end()) return names.role;
  return {};
}

bool RatingColumn::is_count(std::string_view name) {
  constexpr std::array<std::string_view, 8> kCounts = {"playcount", "plays", "listeningcount", "listencount",
                                                       "hours",     "count", "quantity",       "nevents"};
  return std::ranges::find(kCounts, plain_name(name)) != kCounts.end();
}

RatingColumns RatingColumns::of_header(std::span<const std::string> header) {
  RatingColumns out;
  for (const Names& names : usual_names()) {
    std::size_t best = names.plain.size();
    for (std::size_t i = 0; i < header.size(); ++i) {
      const auto found = static_cast<std::size_t>(std::ranges::find(names.plain, plain_name(header[i])) -
                                                  names.plain.begin());
      if (found >= best) continue;
      best = found;
      out.set(names.role, i);
    }
  }
  return out;
}

RatingColumns RatingColumns::of_option(std::string_view columns,
                                       std::span<const std::string> header,
                                       std::size_t n_fields,
                                       std::string_view file) {
  std::vector<std::string_view> words = split(columns, ",");
  for (std::string_view& word : words) word = trim(word);
  const auto in_header = [&](std::string_view word) { return std::ranges::find(header, word); };
  RatingColumns out;
  const auto set = [&](Role role, std::size_t column) {
    if (out.has(role)) fail_twice(columns, role);
    out.set(role, column);
  };
  const bool are_roles = std::ranges::all_of(
      words, [](std::string_view word) { return word == "-" || RatingColumn::role_of(word); });
  const bool are_names =
      std::ranges::all_of(words, [&](std::string_view word) { return in_header(word) != header.end(); });
  if (columns.find('=') != std::string_view::npos && !are_names) {
    out = of_pairs(columns, words, header, n_fields, file);
  } else if (are_names) {
    if (!are_roles && (words.size() < kStars || words.size() > kRoles))
      fail(ErrorKind::usage, "‹columns› {}: expected the names of the columns user, item, rating and time",
           columns);
    for (std::size_t i = 0; i < words.size(); ++i)
      set(are_roles ? *RatingColumn::role_of(words[i]) : static_cast<Role>(i),
          static_cast<std::size_t>(in_header(words[i]) - header.begin()));
  } else if (are_roles) {
    if (words.size() > n_fields)
      fail(ErrorKind::usage, "‹columns› {}: {} columns, but {} has {}", columns, words.size(), file,
           n_fields);
    for (std::size_t i = 0; i < words.size(); ++i)
      if (const auto role = RatingColumn::role_of(words[i])) set(*role, i);
  } else {
    throw Error(
        ErrorKind::usage,
        fmt::format("‹columns› {}: expected columns of {}, or user, item, rating, time and -", columns, file),
        header.empty() ? "it has no header"
                       : fmt::format("it has {}", shown(fmt::format("{}", fmt::join(header, ", ")))));
  }
  for (const Role role : {kUser, kItem})
    if (!out.has(role))
      fail(ErrorKind::usage, "‹columns› {}: no column is named '{}'", columns, RatingColumn::kNames[role]);
  return out;
}

}  // namespace movrec
