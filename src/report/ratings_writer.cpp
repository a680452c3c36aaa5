#include "movrec/report/ratings_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <ostream>

#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/summary.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/id_json.hpp"
#include "movrec/report/list_writer.hpp"
#include "movrec/report/table.hpp"

namespace movrec {
namespace {

using Json = nlohmann::ordered_json;

/// A form of lines; an empty separator stands for JSON lines.
struct Form {
  std::string_view name;
  std::vector<std::string_view> endings;
  std::string_view separator;
  bool has_quotes = false;
  std::array<std::string_view, 4> header{};  ///< empty: none
};
const std::array<Form, 5>& forms() {
  static const std::array<Form, 5> all{{
      {"csv", {".csv"}, ",", true, {"userId", "movieId", "rating", "timestamp"}},
      {"dat", {".dat"}, "::"},
      {"tsv", {".tsv", ".tab", ".data"}, "\t"},
      {"jsonl", {".jsonl", ".ndjson"}, ""},
      {"recbole",
       {".inter"},
       "\t",
       false,
       {"user_id:token", "item_id:token", "rating:float", "timestamp:float"}},
  }};
  return all;
}

/// An id as a field. Error{data} if it would be read as more than one.
std::string field_of(const std::string& id, const Form& form) {
  if (form.has_quotes) {
    std::string line = csv_line({id});
    line.pop_back();
    return line;
  }
  if (id.find(form.separator) == std::string::npos && id.find_first_of("\r\n\"") == std::string::npos)
    return id;
  throw Error(ErrorKind::data,
              fmt::format("the id '{}' cannot stand in a file of form {}", shown(id), form.name),
              "it holds what separates its fields", "‹form› csv or jsonl");
}

template <class Map>
std::vector<std::string> fields_of(const Map& ids, const Form& form) {
  std::vector<std::string> fields;
  for (const auto& id : ids.ids()) fields.push_back(field_of(id.text, form));
  return fields;
}

void write_lines(const Dataset& dataset, const Form& form, std::ostream& out) {
  const Ratings& ratings = dataset.ratings;
  const bool has_rating = dataset.feedback != Feedback::seen, has_time = !ratings.times.empty();
  const auto line = [&](std::string_view user, std::string_view item, std::string_view rating,
                        std::string_view time) {
    out << user << form.separator << item;
    if (has_rating) out << form.separator << rating;
    if (has_time) out << form.separator << time;
    out << '\n';
  };
  if (!form.header[0].empty()) line(form.header[0], form.header[1], form.header[2], form.header[3]);
  const std::vector<std::string> users = fields_of(dataset.users, form),
                                 items = fields_of(dataset.items, form);
  for (RowIdx row = 0; row < ratings.size(); ++row)
    line(users[index(ratings.users[row])], items[index(ratings.items[row])],
         has_rating ? fmt::format("{}", ratings.stars[row]) : "",
         has_time ? fmt::format("{}", ratings.times[row]) : "");
}

Json rating_json(const Dataset& dataset, RowIdx row) {
  const Ratings& ratings = dataset.ratings;
  Json json{{"user", id_json<Json>(dataset.users, ratings.users[row])},
            {"item", id_json<Json>(dataset.items, ratings.items[row])}};
  if (dataset.feedback != Feedback::seen) json["rating"] = shortest(ratings.stars[row]);
  if (!ratings.times.empty()) json["time"] = ratings.times[row];
  return json;
}

}  // namespace

std::vector<std::string_view> ratings_form_names() {
  std::vector<std::string_view> names;
  for (const Form& form : forms()) names.push_back(form.name);
  return names;
}

std::string_view ratings_form_of(const std::string& file) {
  for (const Form& form : forms())
    for (const std::string_view ending : form.endings)
      if (file.ends_with(ending)) return form.name;
  throw Error(ErrorKind::usage, fmt::format("{}: its name says no form of ratings", shown(file)), {},
              fmt::format("‹form› {}", fmt::join(ratings_form_names(), "|")));
}

void write_ratings(const Dataset& dataset, std::string_view name, std::ostream& out) {
  const auto form = std::ranges::find(forms(), name, &Form::name);
  if (form == forms().end())
    throw Error(ErrorKind::usage, fmt::format("‹form› {}: unknown", shown(name)), {},
                fmt::format("‹form› {}", fmt::join(ratings_form_names(), "|")));
  if (!form->separator.empty()) {
    write_lines(dataset, *form, out);
    return;
  }
  for (RowIdx row = 0; row < dataset.ratings.size(); ++row)
    out << json_text(rating_json(dataset, row)) << '\n';
}

std::string head_text(const Dataset& dataset, std::size_t n) {
  using enum Table::Align;
  const Ratings& ratings = dataset.ratings;
  const bool has_rating = dataset.feedback != Feedback::seen, has_time = !ratings.times.empty();
  std::vector<Table::Column> columns{{"user", right}, {"item", right}};
  if (has_rating) columns.push_back({dataset.has_stars() ? "rating" : "count", right});
  if (has_time) columns.push_back({"time (UTC)"});
  columns.push_back({"title"});
  Table table(std::move(columns));
  for (RowIdx row = 0; row < std::min(n, ratings.size()); ++row) {
    std::vector<std::string> cells{dataset.users.id(ratings.users[row]).text,
                                   dataset.items.id(ratings.items[row]).text};
    if (has_rating) cells.push_back(fmt::format("{}", ratings.stars[row]));
    if (has_time) cells.push_back(format_time(ratings.times[row]));
    cells.push_back(dataset.catalog.title(ratings.items[row]));
    table.add_row(std::move(cells));
  }
  return table.text();
}

std::string head_json(const Dataset& dataset, std::size_t n) {
  Json rows = Json::array();
  for (RowIdx row = 0; row < std::min(n, dataset.ratings.size()); ++row) {
    rows.push_back(rating_json(dataset, row));
    rows.back()["title"] = dataset.catalog.title(dataset.ratings.items[row]);
  }
  return json_text(Json{{"schema", "movrec.data-head/1"},
                        {"name", dataset.name},
                        {"ratings", dataset.ratings.size()},
                        {"head", std::move(rows)}},
                   2) +
         "\n";
}

}  // namespace movrec
