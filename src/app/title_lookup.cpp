#include "movrec/app/title_lookup.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/report/table.hpp"

namespace movrec {
namespace {

constexpr std::size_t kShown = 10, kShownUnknown = 3;

/// By the service's own id, where the data set has it too, else by title and year.
std::optional<ItemIdx> find_film(const TitleSearch& search, const ItemMap& items, const WrittenRating& one) {
  if (!one.item.empty())
    if (const auto item = items.find(ItemId(one.item))) return item;
  for (const std::string& title : one.titles)
    if (const auto item = search.film(title, one.year)) return item;
  return {};
}

/// Whether the title, as people compare them, is one of those that the service gives it.
bool is_called(std::string_view title, const WrittenRating& one) {
  return one.titles.empty() || std::ranges::any_of(one.titles, [&](const std::string& given) {
           return plain_title(given) == plain_title(title);
         });
}

std::vector<HistoryRating> find_films(WrittenRatings history,
                                      const std::string& file,
                                      const OpenedRun& run,
                                      const TitleSearch& search) {
  std::vector<HistoryRating> found;
  std::vector<std::string> unknown, misspelt;
  const std::size_t n = history.ratings.size();
  if (run.dataset.feedback == Feedback::counts)  // stars say that somebody took it, not how often
    for (WrittenRating& one : history.ratings) one.stars = 1;
  for (WrittenRating& one : history.ratings) {
    if (const auto item = find_film(search, run.dataset.items, one)) {
      const std::string& title = search.catalog().title(*item);
      if (one.year != 0 && search.catalog().year(*item) == one.year && !is_called(title, one))
        misspelt.push_back(fmt::format("{} for {}", shown(title), shown(one.titles[0])));
      found.push_back({std::move(one), *item});
    } else if (const std::string title = one.titles.empty() ? one.item : one.titles[0]; one.year == 0)
      unknown.push_back(shown(title));
    else
      unknown.push_back(fmt::format("{} ({})", shown(title), one.year));
  }
  std::string text =
      fmt::format("{}: {} of {} films that were rated at {} are in {}", file, format_count(std::ssize(found)),
                  format_count(static_cast<std::int64_t>(n)), history.service, run.checkpoint.dataset_name);
  const auto first = std::span(unknown).first(std::min(unknown.size(), kShownUnknown));
  if (found.empty())
    throw Error(ErrorKind::data, text, fmt::format("it holds {}", fmt::join(first, ", ")),
                "a model that is trained on a data set with such titles (movrec data list)");
  if (!unknown.empty())
    text += fmt::format("; the others are left out: {}{}", fmt::join(first, ", "),
                        unknown.size() > first.size() ? ", …" : "");
  if (!misspelt.empty())
    text += fmt::format("; taken are {}",
                        fmt::join(std::span(misspelt).first(std::min(misspelt.size(), kShownUnknown)), ", "));
  if (history.n_unrated + history.n_other > 0)
    text += fmt::format("; left out, too: {} films without a rating, {} that are no films",
                        format_count(static_cast<std::int64_t>(history.n_unrated)),
                        format_count(static_cast<std::int64_t>(history.n_other)));
  log_info("{}", text);
  return found;
}

}  // namespace

TitleSearch title_search(const OpenedRun& run) {
  return {run.dataset.catalog, run.dataset.items, ratings_per_item(run.train)};
}

std::string candidates_table(const TitleSearch& search, std::span<const ItemIdx> candidates) {
  using enum Table::Align;
  Table table({{"id", right}, {"title"}, {"ratings", right}});
  for (const ItemIdx item : candidates.first(std::min(kShown, candidates.size())))
    table.add_row({search.id(item).text, search.catalog().title(item), format_count(search.n_ratings(item))});
  std::string text = table.text();
  if (candidates.size() > kShown) text += fmt::format("  and {} more\n", candidates.size() - kShown);
  return text;
}

ItemIdx resolve_item(const TitleSearch& search,
                     const std::string& label,
                     const std::string& text,
                     bool is_told) {
  const std::vector<ItemIdx> found = search.find(text);
  if (found.size() == 1) {
    const std::string& title = search.catalog().title(found[0]);
    const bool is_exact = search.id(found[0]).text == text || plain_title(text) == plain_title(title);
    if (is_told || !is_exact) log_info("{} {}: {}", label, shown(text), shown(title));
    return found[0];
  }
  const bool is_flag = label.starts_with("‹") || label.starts_with("movrec ");
  const ErrorKind kind = is_flag ? ErrorKind::usage : ErrorKind::data;  // or it stands in a file
  const auto as_flag = [&](const std::string& value) {
    return is_flag ? fmt::format("{} {}", label, value) : fmt::format("{} instead of the title", value);
  };
  if (!found.empty()) {
    std::string table = candidates_table(search, found);
    table.pop_back();
    throw Error(
        kind,
        fmt::format("{} {}: {} items may be meant", label, shown(text), format_count(std::ssize(found))),
        "\n" + table, as_flag(search.id(found[0]).text));
  }
  const std::vector<ItemIdx> near = search.nearest(text, 3);
  std::vector<std::string> titles;
  for (const ItemIdx item : near) titles.push_back(shown(search.catalog().title(item)));
  throw Error(kind, fmt::format("{} {}: no item is called that", label, shown(text)),
              titles.empty() ? "" : fmt::format("the nearest titles are {}", fmt::join(titles, "; ")),
              titles.empty() ? "" : as_flag(is_flag ? fmt::format("\"{}\"", titles[0]) : titles[0]));
}

std::vector<HistoryRating> read_history(const std::string& file,
                                        bool has_users,
                                        const OpenedRun& run,
                                        const TitleSearch& search) {
  const std::string text = in_context("‹history›", [&] { return read_history_text(file); });
  WrittenRatings history = read_written_ratings(text, file, has_users, run.dataset.sayable());
  if (!history.service.empty()) return find_films(std::move(history), file, run, search);
  std::vector<HistoryRating> found;
  for (WrittenRating& one : history.ratings) {
    const ItemIdx item = resolve_item(search, fmt::format("{}:{}", file, one.line), one.item, false);
    if (has_users && one.user.empty()) fail(ErrorKind::data, "{}:{}: expected a user's id", file, one.line);
    found.push_back({std::move(one), item});
  }
  return found;
}

}  // namespace movrec
