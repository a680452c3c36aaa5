#include "app/list_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>

#include "movrec/core/error.hpp"
#include "movrec/report/csv.hpp"
#include "movrec/report/table.hpp"

namespace movrec::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string genres(const Fitted& fitted, ItemIdx item, std::string_view separator) {
  return fmt::format("{}", fmt::join(fitted.dataset.catalog.genres(item), separator));
}

std::string reasons_text(const Fitted& fitted, const Line& line, std::string_view separator) {
  std::vector<std::string_view> titles;
  for (const Reason& reason : line.reasons) titles.push_back(fitted.dataset.catalog.title(reason.item));
  return fmt::format("{}", fmt::join(titles, separator));
}

/// What the user gave above or below the expectation of somebody unknown, damped as a bias is.
float bias_of(const Fitted& fitted, const Person& person) {
  const std::span<const ItemIdx> items = person.items();
  std::vector<float> expected(items.size());
  fitted.model->predict(std::vector<UserIdx>(items.size(), kNoUser), items, expected);
  double sum = 0;
  for (std::size_t k = 0; k < items.size(); ++k)
    sum += static_cast<double>(person.stars()[k]) - static_cast<double>(expected[k]);
  return static_cast<float>(
      sum / (static_cast<double>(items.size()) + fitted.checkpoint.spec.options.bias.user_damping));
}

/// The lines of one user as JSON.
Json to_json(const Fitted& fitted,
             std::optional<UserId> user,
             std::span<const Line> lines,
             bool with_reasons) {
  const Catalog& catalog = fitted.dataset.catalog;
  const auto id = [&](ItemIdx item) { return number(fitted.dataset.items.id(item)); };
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
  return {{"user", user ? Json(number(*user)) : Json(nullptr)}, {"items", std::move(items)}};
}

}  // namespace

double shortest(float x) {
  return std::strtod(fmt::to_string(x).c_str(), nullptr);
}

Format choose_format(const std::string& format, const std::string& output, bool json) {
  if (json && !format.empty()) fail(ErrorKind::usage, "--json and --format {} contradict each other", format);
  if (json) return Format::json;
  const std::string ending = std::filesystem::path(output).extension().string();
  if (format == "csv" || (format.empty() && ending == ".csv")) return Format::csv;
  if (format == "jsonl" || (format.empty() && ending == ".jsonl")) return Format::jsonl;
  return Format::table;
}

std::vector<Line> make_lines(const Fitted& fitted,
                             const Person& person,
                             std::span<const ScoredItem> list,
                             const Person* explained) {
  const bool is_as_trained = !person.has_history() && !person.demographics;
  std::vector<float> stars;
  std::vector<ItemIdx> items;
  for (const ScoredItem& one : list) stars.push_back(one.score), items.push_back(one.item);
  if (!fitted.model->scores_are_stars()) {
    const UserIdx user = person.has_history() ? kNoUser : person.user();
    fitted.model->predict(std::vector<UserIdx>(list.size(), user), items, stars);
    if (person.has_history())
      for (const float bias = bias_of(fitted, person); float& one : stars) one += bias;
  }
  std::vector<float> deviations(list.size());
  const bool knows_deviations = fitted.model->knows_deviations() && is_as_trained;
  if (knows_deviations)
    fitted.model->predict_deviations(std::vector<UserIdx>(list.size(), person.user()), items, {}, deviations);
  std::vector<std::vector<Reason>> reasons(list.size());
  if (explained != nullptr)
    reasons = explain(*fitted.model, explained->query(), items, fitted.dataset.ratings.n_items, kReasons);
  std::vector<Line> lines;
  for (std::size_t k = 0; k < list.size(); ++k) {
    lines.push_back({.rank = static_cast<int>(k + 1),
                     .item = list[k].item,
                     .score = list[k].score,
                     .stars = fitted.dataset.stars.clip(stars[k]),
                     .reasons = std::move(reasons[k])});
    if (knows_deviations) lines.back().deviation = deviations[k];
  }
  return lines;
}

std::string lines_table(const Fitted& fitted, std::span<const Line> lines, bool with_reasons) {
  using enum Table::Align;
  const bool shows_deviation = fitted.model->knows_deviations();
  const bool shows_score = !fitted.model->scores_are_stars();
  std::vector<Table::Column> columns{{"rank", right}, {"title"}, {"genres"}, {"stars", right}};
  if (shows_deviation) columns.push_back({"±", right});
  if (shows_score) columns.push_back({"score", right});
  if (with_reasons) columns.push_back({"because of"});
  Table table(std::move(columns));
  for (const Line& line : lines) {
    std::vector<std::string> cells{fmt::to_string(line.rank), fitted.dataset.catalog.title(line.item),
                                   genres(fitted, line.item, ", "), fmt::format("{:.2f}", line.stars)};
    if (shows_deviation) cells.push_back(line.deviation ? fmt::format("{:.2f}", *line.deviation) : "-");
    if (shows_score) cells.push_back(fmt::format("{:.5g}", line.score));
    if (with_reasons) cells.push_back(reasons_text(fitted, line, "; "));
    table.add_row(std::move(cells));
  }
  return table.text();
}

void ListWriter::open() {
  if (format_ == Format::csv) {
    std::string header = "user,rank,item,title,genres,score,stars";
    if (fitted_.model->knows_deviations()) header += ",deviation";
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

std::string ListWriter::text_of(std::optional<UserId> user,
                                std::span<const Line> lines,
                                bool is_first) const {
  switch (format_) {
    case Format::table:
      return fmt::format("{}{}\n", is_first ? "" : "\n",
                         user ? fmt::format("user {}", number(*user)) : "for you") +
             lines_table(fitted_, lines, with_reasons_);
    case Format::csv:
      return csv_of(user, lines);
    case Format::jsonl:
      return to_json(fitted_, user, lines, with_reasons_).dump() + "\n";
    case Format::json:
      break;
  }
  return (is_first ? "\n" : ",\n") + to_json(fitted_, user, lines, with_reasons_).dump();
}

std::string ListWriter::csv_of(std::optional<UserId> user, std::span<const Line> lines) const {
  std::string text;
  for (const Line& line : lines) {
    std::string row = csv_line({user ? fmt::to_string(number(*user)) : "", fmt::to_string(line.rank),
                                fmt::to_string(number(fitted_.dataset.items.id(line.item))),
                                fitted_.dataset.catalog.title(line.item), genres(fitted_, line.item, "|"),
                                fmt::to_string(line.score), fmt::to_string(line.stars)});
    const auto add = [&](const std::string& field) {
      row.pop_back();
      row += "," + csv_line({field});
    };
    if (fitted_.model->knows_deviations()) add(line.deviation ? fmt::to_string(*line.deviation) : "");
    if (with_reasons_) add(reasons_text(fitted_, line, "|"));
    text += row;
  }
  return text;
}

}  // namespace movrec::cli
