#include "data/service_exports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/date.hpp"
#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

using nlohmann::json;

/// A service's table, by the names of its columns: the first of several that is there counts.
struct Layout {
  std::string_view service;
  std::vector<std::string_view> marks;  ///< columns by which it is known
  std::vector<std::string_view> titles, year, rating, time, id, kind;
  float most = 10;  ///< the best rating
};
const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all{
      {.service = "Letterboxd",
       .marks = {"Letterboxd URI", "Name"},
       .titles = {"Name"},
       .year = {"Year"},
       .rating = {"Rating"},
       .time = {"Watched Date", "Date"},
       .id = {},
       .kind = {},
       .most = 5},
      {.service = "IMDb",
       .marks = {"Const", "Your Rating"},
       .titles = {"Title", "Original Title"},
       .year = {"Year"},
       .rating = {"Your Rating"},
       .time = {"Date Rated"},
       .id = {"Const"},
       .kind = {"Title Type"}},
      {.service = "IMDb",
       .marks = {"const", "You rated"},
       .titles = {"Title"},
       .year = {"Year"},
       .rating = {"You rated"},
       .time = {"created"},
       .id = {"const"},
       .kind = {"Title type"}},
      {.service = "Trakt",
       .marks = {"trakt_id", "title"},
       .titles = {"title"},
       .year = {"year"},
       .rating = {"rating", "trakt_rating", "my_rating"},
       .time = {"rated_at", "watched_at", "last_watched_at"},
       .id = {"imdb_id"},
       .kind = {"type"}},
  };
  return all;
}

/// Films alone have titles that MovieLens knows; a series may be called as a film is.
bool is_film(std::string_view kind) {
  const std::string words = lower(kind);
  return std::ranges::none_of(std::array{"series", "show", "episode", "season", "game", "podcast", "music"},
                              [&](const char* other) { return words.find(other) != std::string::npos; });
}

/// "2021-03-01" and "2014-09-01T09:10:11.000Z" by their day; 0 for anything else.
std::int64_t day_of(std::string_view text) {
  constexpr std::size_t kDay = 10;
  return text.size() < kDay ? 0 : parse_date(text.substr(0, kDay)).value_or(0);
}

/// A rating of the service's scale in that of the data.
float scaled(float stars, float most, StarScale scale) {
  return scale.clip(stars * scale.max / most);
}

/// The columns of a table whose first record has these names.
class ExportTable {
 public:
  ExportTable(const Layout& layout, std::vector<std::string> header)
      : layout_(layout), header_(std::move(header)) {}

  /// The first of the columns that is there and not empty in this record.
  std::string_view operator()(const std::vector<std::string_view>& names,
                              const std::vector<std::string>& fields) const {
    for (const std::string_view name : names)
      if (const std::string_view text = field(name, fields); !text.empty()) return text;
    return {};
  }
  std::string_view field(std::string_view name, const std::vector<std::string>& fields) const {
    const auto at = static_cast<std::size_t>(std::ranges::find(header_, name) - header_.begin());
    return at < fields.size() ? trim(fields[at]) : std::string_view();
  }
  std::size_t n_fields() const { return header_.size(); }
  const Layout& layout() const { return layout_; }

 private:
  const Layout& layout_;
  std::vector<std::string> header_;
};

const Layout* layout_of(const std::vector<std::string>& header) {
  for (const Layout& layout : layouts())
    if (std::ranges::all_of(layout.marks, [&](std::string_view mark) {
          return std::ranges::find(header, mark) != header.end();
        }))
      return &layout;
  return nullptr;
}

WrittenRatings read_table(CsvRecords& records,
                          const ExportTable& table,
                          std::string_view file,
                          StarScale scale) {
  const Layout& layout = table.layout();
  WrittenRatings out{.ratings = {}, .service = std::string(layout.service)};
  std::vector<std::string> fields;
  while (records.next(fields)) {
    const auto reject = [&](std::string_view expected) {
      fail(ErrorKind::data, "{}:{}: expected {}, found '{}'", file, records.number(), expected,
           shown(records.record()));
    };
    if (fields.size() != table.n_fields() || records.unterminated())
      reject(fmt::format("{} fields as in the first line", table.n_fields()));
    if (!is_film(table(layout.kind, fields))) {
      ++out.n_other;
      continue;
    }
    const std::string_view text = table(layout.rating, fields);
    if (text.empty()) {
      ++out.n_unrated;
      continue;
    }
    const auto stars = to_number<float>(text);
    if (!stars || !(*stars > 0 && *stars <= layout.most))
      reject(fmt::format("a rating up to {}", layout.most));
    WrittenRating rating{.user = {},
                         .item = std::string(table(layout.id, fields)),
                         .stars = scaled(*stars, layout.most, scale),
                         .time = day_of(table(layout.time, fields)),
                         .line = records.number(),
                         .titles = {},
                         .year = to_number<int>(table(layout.year, fields)).value_or(0)};
    for (const std::string_view name : layout.titles)
      if (const std::string_view title = table.field(name, fields); !title.empty())
        rating.titles.emplace_back(title);
    if (rating.titles.empty() && rating.item.empty()) reject("a film's title");
    out.ratings.push_back(std::move(rating));
  }
  return out;
}

/// A text member; empty where there is none.
std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// As a list of objects: a title may begin with a bracket, too.
bool begins_as_json(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t open = text.find_first_not_of(kBlanks);
  if (open == std::string_view::npos || text[open] != '[') return false;
  const std::size_t next = text.find_first_not_of(kBlanks, open + 1);
  return next != std::string_view::npos && text[next] == '{';
}

/// `[{"rated_at": "2014-09-01T…", "rating": 8, "type": "movie", "movie": {"title": …, "year": …, "ids": {"imdb": …}}}]`
std::optional<WrittenRatings> read_trakt_json(std::string_view text, std::string_view file, StarScale scale) {
  constexpr float kMost = 10;
  const json all = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (all.is_discarded())
    throw Error(ErrorKind::data, fmt::format("{} begins like JSON and is none", shown(file)),
                "it is cut short or damaged");
  const auto is_known = [](const json& one) { return one.is_object() && one.contains("type"); };
  if (!all.is_array() || all.empty() || !std::ranges::all_of(all, is_known)) return {};
  WrittenRatings out{.ratings = {}, .service = "Trakt"};
  for (const json& one : all) {
    const auto movie = one.find("movie");
    if (movie == one.end() || !movie->is_object() || text_of(*movie, "title").empty()) {
      ++out.n_other;
      continue;
    }
    const auto rating = one.find("rating");
    if (rating == one.end() || !rating->is_number()) {
      ++out.n_unrated;
      continue;
    }
    const auto stars = rating->get<float>();
    const std::size_t number = out.ratings.size() + out.n_other + out.n_unrated + 1;
    if (!(stars > 0 && stars <= kMost))
      fail(ErrorKind::data, "{}: object {}: expected a rating up to {}, found {}", file, number, kMost,
           rating->dump());
    const auto ids = movie->find("ids"), year = movie->find("year");
    out.ratings.push_back({.user = {},
                           .item = ids != movie->end() && ids->is_object() ? text_of(*ids, "imdb") : "",
                           .stars = scaled(stars, kMost, scale),
                           .time = day_of(text_of(one, "rated_at")),
                           .line = number,
                           .titles = {text_of(*movie, "title")},
                           .year = year != movie->end() && year->is_number_integer() ? year->get<int>() : 0});
  }
  return out;
}

}  // namespace

std::string_view service_of(std::string_view beginning) {
  CsvRecords records(beginning.substr(0, beginning.find('\n')), ',');
  std::vector<std::string> header;
  if (!records.next(header)) return {};
  for (std::string& name : header) name = trim(name);
  const Layout* layout = layout_of(header);
  return layout == nullptr ? std::string_view() : layout->service;
}

std::optional<WrittenRatings> read_service_export(std::string_view utf8,
                                                  std::string_view file,
                                                  StarScale scale) {
  if (begins_as_json(utf8)) return read_trakt_json(utf8, file, scale);
  CsvRecords records(utf8, ',');
  std::vector<std::string> header;
  if (!records.next(header)) return {};
  for (std::string& name : header) name = trim(name);
  const Layout* layout = layout_of(header);
  if (layout == nullptr) return {};
  return read_table(records, ExportTable(*layout, std::move(header)), file, scale);
}

}  // namespace movrec
