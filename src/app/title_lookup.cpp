#include "movrec/app/title_lookup.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/report/table.hpp"

namespace movrec {
namespace {

constexpr std::size_t kShown = 10;

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

}  // namespace movrec
