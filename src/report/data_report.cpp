#include "movrec/report/data_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/report/id_json.hpp"
#include "movrec/report/list_writer.hpp"
#include "movrec/report/table.hpp"

namespace movrec {
namespace {

using Json = nlohmann::ordered_json;
using Counts = std::vector<std::pair<std::string, std::int64_t>>;

Json to_json(const Spread& spread) {
  return {{"min", spread.min}, {"q25", spread.q25}, {"median", spread.median}, {"q75", spread.q75},
          {"q90", spread.q90}, {"max", spread.max}, {"mean", spread.mean}};
}

Json to_json(const Counts& counts) {
  Json json = Json::object();
  for (const auto& [name, count] : counts) json[name] = count;
  return json;
}

std::string percent(std::int64_t part, std::int64_t whole) {
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

Table spreads(const DataSummary& summary) {
  constexpr auto kRight = Table::Align::right;
  Table table({{"ratings per"},
               {"min", kRight},
               {"25 %", kRight},
               {"median", kRight},
               {"75 %", kRight},
               {"90 %", kRight},
               {"max", kRight},
               {"mean", kRight}});
  for (const auto& [name, s] : {std::pair{"user", summary.per_user}, std::pair{"item", summary.per_item}})
    table.add_row({name, fmt::format("{:.0f}", s.min), fmt::format("{:.0f}", s.q25),
                   fmt::format("{:.0f}", s.median), fmt::format("{:.0f}", s.q75),
                   fmt::format("{:.0f}", s.q90), fmt::format("{:.0f}", s.max),
                   fmt::format("{:.1f}", s.mean)});
  return table;
}

Table histogram(const DataSummary& summary) {
  constexpr double kWidth = 40;
  std::int64_t most = 1;
  for (const auto& bar : summary.histogram) most = std::max(most, bar.second);
  Table table({{"stars", Table::Align::right},
               {"ratings", Table::Align::right},
               {"share", Table::Align::right},
               {""}});
  for (const auto& [stars, count] : summary.histogram) {
    const double length = kWidth * static_cast<double>(count) / static_cast<double>(most);
    table.add_row({fmt::format("{}", stars), format_count(count), percent(count, summary.ratings),
                   std::string(static_cast<std::size_t>(length + 0.5), '#')});
  }
  return table;
}

Table most_rated(const Dataset& dataset, const DataSummary& summary) {
  Table table({{"item", Table::Align::right},
               {"ratings", Table::Align::right},
               {"mean", Table::Align::right},
               {"title"}});
  for (const auto& rated : summary.most_rated)
    table.add_row({dataset.items.id(rated.item).text, format_count(rated.ratings),
                   fmt::format("{:.2f}", rated.mean), dataset.catalog.title(rated.item)});
  return table;
}

Table genres(const DataSummary& summary) {
  Table table({{"genre"},
               {"items", Table::Align::right},
               {"ratings", Table::Align::right},
               {"mean", Table::Align::right}});
  for (const auto& genre : summary.genres)
    table.add_row({genre.name, format_count(genre.items), format_count(genre.ratings),
                   fmt::format("{:.2f}", genre.mean)});
  return table;
}

/// "M 71.7 %, F 28.3 %": the first of the counts.
std::string shares(const Counts& counts, std::int64_t whole, std::size_t n_shown = 8) {
  std::string text;
  for (std::size_t i = 0; i < std::min(counts.size(), n_shown); ++i)
    text +=
        fmt::format("{}{} {}", i == 0 ? "" : ", ", shown(counts[i].first), percent(counts[i].second, whole));
  return counts.size() > n_shown ? text + ", …" : text;
}

std::string words_of(const ColumnSummary& column, std::int64_t n) {
  constexpr std::size_t kShownCategories = 4;
  if (column.known == 0) return "nothing";
  if (!column.is_number())
    return fmt::format("{} categor{}: {}", format_count(column.n_categories),
                       column.n_categories == 1 ? "y" : "ies", shares(column.often, n, kShownCategories));
  std::vector<float> starts;
  for (const auto& bin : column.bins) starts.push_back(bin.first);
  return fmt::format("numbers from {} to {}; {} bins from {}", column.min, column.max, starts.size(),
                     fmt::join(starts, ", "));
}

/// What was made of the columns of items, or of users.
Table columns_table(std::string_view side, const std::vector<ColumnSummary>& columns, std::int64_t n) {
  Table table({{fmt::format("column of {}", side)}, {"known", Table::Align::right}, {"what was made of it"}});
  for (const ColumnSummary& column : columns)
    table.add_row({shown(column.name), percent(column.known, n), words_of(column, n)});
  return table;
}

Json to_json(const std::vector<ColumnSummary>& columns) {
  Json json = Json::array();
  for (const ColumnSummary& column : columns) {
    Json one{{"name", column.name},
             {"kind", column.is_number() ? "numbers" : "categories"},
             {"known", column.known}};
    if (column.is_number()) {
      one["min"] = shortest(column.min);
      one["max"] = shortest(column.max);
      one["bins"] = Json::array();
      for (const auto& [start, count] : column.bins)
        one["bins"].push_back({{"from", shortest(start)}, {"count", count}});
    } else {
      one["categories"] = column.n_categories;
      one["most_frequent"] = to_json(column.often);
    }
    json.push_back(std::move(one));
  }
  return json;
}

}  // namespace

Json summary_json(const Dataset& dataset, const DataSummary& summary) {
  Json json{{"schema", "movrec.data/1"},
            {"name", dataset.name},
            {"source", dataset.source},
            {"checksum", dataset.checksum},
            {"users", summary.users},
            {"items", summary.items},
            {"ratings", summary.ratings},
            {"density", summary.density},
            {"sparsity", 1 - summary.density},
            {"mean", summary.mean},
            {"standard_deviation", summary.standard_deviation},
            {"scale", {dataset.stars.min, dataset.stars.max}},
            {"histogram", Json::object()},
            {"ratings_per_user", to_json(summary.per_user)},
            {"ratings_per_item", to_json(summary.per_item)},
            {"times", nullptr},
            {"duplicates", summary.duplicates},
            {"skipped_lines", dataset.n_skipped_lines},
            {"most_rated", Json::array()},
            {"genres", Json::array()},
            {"demographics", nullptr},
            {"item_columns", to_json(summary.item_columns)},
            {"user_columns", to_json(summary.user_columns)}};
  for (const auto& [stars, count] : summary.histogram) json["histogram"][fmt::format("{}", stars)] = count;
  if (summary.times)
    json["times"] = {{"first", summary.times->first},
                     {"last", summary.times->second},
                     {"first_utc", format_time(summary.times->first)},
                     {"last_utc", format_time(summary.times->second)}};
  for (const auto& rated : summary.most_rated)
    json["most_rated"].push_back({{"item", id_json(dataset.items, rated.item)},
                                  {"title", dataset.catalog.title(rated.item)},
                                  {"ratings", rated.ratings},
                                  {"mean", rated.mean}});
  for (const auto& genre : summary.genres)
    json["genres"].push_back(
        {{"name", genre.name}, {"items", genre.items}, {"ratings", genre.ratings}, {"mean", genre.mean}});
  if (!summary.genders.empty())
    json["demographics"] = {{"genders", to_json(summary.genders)},
                            {"ages", to_json(summary.ages)},
                            {"occupations", to_json(summary.occupations)}};
  if (dataset.best_rmse) json["best_rmse"] = *dataset.best_rmse;
  return json;
}

std::string summary_text(const Dataset& dataset, const DataSummary& summary) {
  std::string out;
  const auto line = [&](std::string_view label, const std::string& text) {
    out += fmt::format("{:<12}{}\n", label, text);
  };
  line("data set",
       dataset.source.empty() ? dataset.name : fmt::format("{} ({})", dataset.name, dataset.source));
  line("users", format_count(summary.users));
  line("items", format_count(summary.items));
  line("ratings", format_count(summary.ratings));
  line("density", fmt::format("{:.6f} (sparsity {:.6f})", summary.density, 1 - summary.density));
  line("stars", fmt::format("mean {:.4f}, standard deviation {:.4f}, scale {} to {}", summary.mean,
                            summary.standard_deviation, dataset.stars.min, dataset.stars.max));
  if (summary.times)
    line("times",
         fmt::format("{} to {} UTC", format_time(summary.times->first), format_time(summary.times->second)));
  if (dataset.predefined_test_begin)
    line("test part", fmt::format("the last {} ratings",
                                  format_count(summary.ratings -
                                               static_cast<std::int64_t>(*dataset.predefined_test_begin))));
  if (summary.duplicates > 0)
    line("duplicates",
         fmt::format("{} (repeated pairs of user and item; {})", format_count(summary.duplicates),
                     dataset.n_dropped_repeats > 0 ? "each counts once" : "all are kept"));
  if (dataset.n_skipped_lines > 0)
    line("left out",
         fmt::format("{} bad line{}", dataset.n_skipped_lines, dataset.n_skipped_lines == 1 ? "" : "s"));
  if (dataset.best_rmse)
    line("best RMSE", fmt::format("{:.4f} (of the true expectation)", *dataset.best_rmse));
  if (!summary.genders.empty()) {
    line("gender", shares(summary.genders, summary.users));
    line("age", shares(summary.ages, summary.users));
    line("occupation", shares(summary.occupations, summary.users));
  }
  out += fmt::format("\n{}\n{}\n{}", histogram(summary).text(), spreads(summary).text(),
                     most_rated(dataset, summary).text());
  if (!summary.genres.empty()) out += "\n" + genres(summary).text();
  if (!summary.item_columns.empty())
    out += "\n" + columns_table("items", summary.item_columns, summary.items).text();
  if (!summary.user_columns.empty())
    out += "\n" + columns_table("users", summary.user_columns, summary.users).text();
  return out;
}

}  // namespace movrec
