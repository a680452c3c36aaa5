#include "movrec/report/list_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>

#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/id_json.hpp"
#include "movrec/report/table.hpp"

namespace movrec {
namespace {

using Json = nlohmann::ordered_json;

std::string genres(const ListTitles& titles, ItemIdx item, std::string_view separator) {
  return fmt::format("{}", fmt::join(titles.catalog.genres(item), separator));
}

std::string reasons_text(const ListTitles& titles, const Line& line, std::string_view separator) {
  std::vector<std::string_view> reasons;
  for (const Reason& reason : line.reasons) reasons.push_back(titles.catalog.title(reason.item));
  return fmt::format("{}", fmt::join(reasons, separator));
}

Json user_json(const ListTitles& titles, const std::optional<UserId>& user) {
  if (!user) return nullptr;
  const auto number = titles.users_are_numbers ? plain_number(user->text) : std::nullopt;
  return number ? Json(*number) : Json(user->text);
}

/// The lines of one user as JSON.
Json to_json(const ListTitles& titles,
             const std::optional<UserId>& user,
             std::span<const Line> lines,
             bool with_reasons) {
  const Catalog& catalog = titles.catalog;
  const auto id = [&](ItemIdx item) { return id_json<Json>(titles.items, item); };
  auto items = Json::array();
  for (const Line& line : lines) {
    items.push_back({{"rank", line.rank},
                     {"item", id(line.item)},
                     {"title", catalog.title(line.item)},
                     {"genres", catalog.genres(line.item)},
                     {"score", shortest(line.score)},
                     {"stars", shortest(line.stars)}});
    if (line.deviation) items.back()["deviation"] = shortest(*line.deviation);
    if (!with_reasons) continue;
    auto& because = items.back()["because_of"] = Json::array();
    for (const Reason& reason : line.reasons)
      because.push_back({{"item", id(reason.item)},
                         {"title", catalog.title(reason.item)},
                         {"gain", shortest(reason.gain)}});
  }
  return {{"user", user_json(titles, user)}, {"items", std::move(items)}};
}

}  // namespace

ListTitles titles_of(const Model& model, const Dataset& dataset) {
  return {.catalog = dataset.catalog,
          .items = dataset.items,
          .users_are_numbers = dataset.users.table().are_numbers(),
          .shows_score = !model.scores_are_stars(),
          .shows_deviation = model.knows_deviations()};
}

double shortest(float x) {
  return std::strtod(fmt::to_string(x).c_str(), nullptr);
}

Format choose_format(const std::string& format, const std::string& output, bool json) {
  if (json && !format.empty()) fail(ErrorKind::usage, "‹json› and ‹format› {} contradict each other", format);
  if (json) return Format::json;
  const std::string ending = std::filesystem::path(output).extension().string();
  if (format == "csv" || (format.empty() && ending == ".csv")) return Format::csv;
  if (format == "jsonl" || (format.empty() && ending == ".jsonl")) return Format::jsonl;
  return Format::table;
}

std::string lines_table(const ListTitles& titles, std::span<const Line> lines, bool with_reasons) {
  using enum Table::Align;
  const bool shows_deviation = titles.shows_deviation;
  const bool shows_score = titles.shows_score;
  std::vector<Table::Column> columns{{"rank", right}, {"title"}, {"genres"}, {"stars", right}};
  if (shows_deviation) columns.push_back({"±", right});
  if (shows_score) columns.push_back({"score", right});
  if (with_reasons) columns.push_back({"because of"});
  Table table(std::move(columns));
  for (const Line& line : lines) {
    std::vector<std::string> cells{fmt::to_string(line.rank), titles.catalog.title(line.item),
                                   genres(titles, line.item, ", "), fmt::format("{:.2f}", line.stars)};
    if (shows_deviation) cells.push_back(line.deviation ? fmt::format("{:.2f}", *line.deviation) : "-");
    if (shows_score) cells.push_back(fmt::format("{:.5g}", line.score));
    if (with_reasons) cells.push_back(reasons_text(titles, line, "; "));
    table.add_row(std::move(cells));
  }
  return table.text();
}

void ListWriter::open() {
  if (format_ == Format::csv) {
    std::string header = "user,rank,item,title,genres,score,stars";
    if (titles_.shows_deviation) header += ",deviation";
    if (with_reasons_) header += ",because_of";
    out_ << header << '\n';
  }
  if (format_ == Format::json) out_ << R"({"schema":"movrec.recommend/1","users":[)";
}

void ListWriter::write(std::span<const std::optional<UserId>> users,
                       std::span<const std::vector<Line>> lists) {
  std::vector<std::string> texts(users.size());
#pragma omp parallel for schedule(dynamic, 16)
  for (std::size_t k = 0; k < users.size(); ++k) texts[k] = text_of(users[k], lists[k], n_written_ + k == 0);
  for (const std::string& text : texts) out_ << text;
  n_written_ += users.size();
}

void ListWriter::close() {
  if (format_ == Format::json) out_ << "\n]}\n";
  out_.flush();
}

std::string ListWriter::text_of(const std::optional<UserId>& user,
                                std::span<const Line> lines,
                                bool is_first) const {
  switch (format_) {
    case Format::table:
      return fmt::format("{}{}\n", is_first ? "" : "\n",
                         user ? fmt::format("user {}", shown(user->text)) : "for you") +
             lines_table(titles_, lines, with_reasons_);
    case Format::csv:
      return csv_of(user, lines);
    case Format::jsonl:
      return json_text(to_json(titles_, user, lines, with_reasons_)) + "\n";
    case Format::json:
      break;
  }
  return (is_first ? "\n" : ",\n") + json_text(to_json(titles_, user, lines, with_reasons_));
}

std::string ListWriter::csv_of(const std::optional<UserId>& user, std::span<const Line> lines) const {
  std::string text;
  for (const Line& line : lines) {
    std::string row =
        csv_line({user ? user->text : "", fmt::to_string(line.rank), titles_.items.id(line.item).text,
                  titles_.catalog.title(line.item), genres(titles_, line.item, "|"),
                  fmt::to_string(line.score), fmt::to_string(line.stars)});
    const auto add = [&](const std::string& field) {
      row.pop_back();
      row += "," + csv_line({field});
    };
    if (titles_.shows_deviation) add(line.deviation ? fmt::to_string(*line.deviation) : "");
    if (with_reasons_) add(reasons_text(titles_, line, "|"));
    text += row;
  }
  return text;
}

}  // namespace movrec
