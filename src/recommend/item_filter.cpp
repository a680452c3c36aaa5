#include "recommend/item_filter.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>

#include "data/text.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/shown.hpp"
#include "movrec/data/side_columns.hpp"

namespace movrec {
namespace {

using Holds = std::function<bool(std::size_t item)>;

/// Those of two signs first, for others are their beginnings.
constexpr std::array<std::string_view, 6> kOperators{"!=", "<=", ">=", "=", "<", ">"};
constexpr std::string_view kPrefix = "item.";  ///< of a column whose name is that of another field, too

bool compare(float a, std::string_view op, float b) {
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  if (op == ">=") return a >= b;
  return a == b;
}

bool is_equality(std::string_view op) {
  return op == "=" || op == "!=";
}

void require_equality(const ItemCondition& asked, std::string_view what) {
  if (!is_equality(asked.op)) fail(ErrorKind::usage, "'{}' does not go with {}: = and != do", asked.op, what);
}

/// With != what does not hold with =.
Holds unless_negated(const ItemCondition& asked, Holds holds) {
  if (asked.op != "!=") return holds;
  return [holds = std::move(holds)](std::size_t item) { return !holds(item); };
}

/// The name that was meant, in any case, as a position; Error{usage} with the names, of which the first ones are said.
std::size_t find_name(std::string_view what,
                      const std::string& wanted,
                      const std::vector<std::string>& names) {
  constexpr std::size_t kMostSaid = 30;
  std::vector<std::string> lowered;
  for (const std::string& name : names) lowered.push_back(lower(name));
  const auto place = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(lowered, name) - lowered.begin());
  };
  if (const std::size_t exact = static_cast<std::size_t>(std::ranges::find(names, wanted) - names.begin());
      exact < names.size())
    return exact;
  if (const std::size_t at = place(lower(wanted)); at < names.size()) return at;
  const std::string_view closest = closest_of(lower(wanted), lowered);
  std::vector<std::string> said;
  for (std::size_t k = 0; k < std::min(names.size(), kMostSaid); ++k) said.push_back(shown(names[k]));
  if (names.size() > kMostSaid) said.emplace_back("…");
  fail_unknown(what, wanted, fmt::format("{}", fmt::join(said, ", ")),
               closest.empty() ? closest : names[place(closest)]);
}

std::vector<float> numbers_of(const ItemCondition& asked) {
  std::vector<float> numbers;
  for (const std::string& value : asked.values) {
    const auto number = to_number<float>(value);
    if (!number) fail(ErrorKind::usage, "{} are numbers, '{}' is none", shown(asked.field), shown(value));
    numbers.push_back(*number);
  }
  return numbers;
}

Holds on_numbers(const ItemCondition& asked, std::vector<float> column) {
  return unless_negated(
      asked, [op = asked.op, wanted = numbers_of(asked), column = std::move(column)](std::size_t item) {
        return std::ranges::any_of(wanted, [&](float number) { return compare(column[item], op, number); });
      });
}

/// Which categories do: those named, or, of few numbers, which are categories too, those that compare so.
std::vector<bool> wanted_categories(const ItemCondition& asked, const SideColumn& column) {
  std::vector<bool> wanted(column.categories.size());
  if (is_equality(asked.op)) {
    for (const std::string& value : asked.values)
      wanted[find_name(asked.field == kGenres ? "genre" : asked.field, value, column.categories)] = true;
    return wanted;
  }
  std::vector<float> numbers;
  for (const std::string& name : column.categories) {
    const auto number = to_number<float>(name);
    if (!number) require_equality(asked, "categories");
    numbers.push_back(*number);
  }
  for (const float value : numbers_of(asked))
    for (std::size_t c = 0; c < numbers.size(); ++c)
      if (compare(numbers[c], asked.op, value)) wanted[c] = true;
  return wanted;
}

Holds on_column(const ItemCondition& asked, SideColumn column) {
  if (column.is_number()) return on_numbers(asked, std::move(column.numbers));
  return unless_negated(
      asked, [wanted = wanted_categories(asked, column), column = std::move(column)](std::size_t item) {
        return std::ranges::any_of(column.of(item), [&](std::uint32_t category) { return wanted[category]; });
      });
}

Holds on_id(const ItemCondition& asked, const Dataset& dataset) {
  require_equality(asked, "ids");
  std::vector<std::size_t> wanted;
  for (const std::string& value : asked.values)
    if (const auto item = dataset.items.find(ItemId(value))) wanted.push_back(index(*item));
  return unless_negated(
      asked, [wanted](std::size_t item) { return std::ranges::find(wanted, item) != wanted.end(); });
}

Holds on_title(const ItemCondition& asked, const Dataset& dataset) {
  require_equality(asked, "titles");
  std::vector<std::string> wanted;
  for (const std::string& value : asked.values) wanted.push_back(lower(value));
  return unless_negated(asked, [wanted, &titles = dataset.catalog.titles](std::size_t item) {
    const std::string title = lower(titles[item]);
    return std::ranges::any_of(wanted,
                               [&](const std::string& text) { return title.find(text) != title.npos; });
  });
}

Holds on_year(const ItemCondition& asked, const Dataset& dataset) {
  std::vector<float> years;
  for (const std::int16_t year : dataset.catalog.years)
    years.push_back(year > 0 ? static_cast<float>(year) : std::numeric_limits<float>::quiet_NaN());
  return on_numbers(asked, std::move(years));
}

Holds on_genres(const ItemCondition& asked, const Dataset& dataset) {
  SideColumn genres{.name = std::string(kGenres), .categories = dataset.catalog.genre_names};
  for (const std::uint32_t bits : dataset.catalog.genre_bits) {
    for (std::uint32_t g = 0; g < genres.categories.size(); ++g)
      if ((bits >> g & 1U) != 0) genres.values.push_back(g);
    genres.begin.push_back(static_cast<std::uint32_t>(genres.values.size()));
  }
  return on_column(asked, std::move(genres));
}

bool always(const Dataset&) {
  return true;
}
bool has_genres(const Dataset& dataset) {
  return !dataset.catalog.genre_names.empty();
}

struct BuiltIn {
  std::string_view name;
  bool (*is_there)(const Dataset&);
  Holds (*condition)(const ItemCondition&, const Dataset&);
};
constexpr std::array kFields{BuiltIn{"id", always, on_id}, BuiltIn{"title", always, on_title},
                             BuiltIn{"year", always, on_year}, BuiltIn{kGenres, has_genres, on_genres}};

Holds condition_of(const ItemCondition& asked, const Dataset& dataset) {
  std::vector<const BuiltIn*> fields;
  for (const BuiltIn& field : kFields)
    if (field.is_there(dataset)) fields.push_back(&field);
  const std::vector<SideColumn>& columns = dataset.catalog.columns;
  if (asked.field.starts_with(kPrefix)) {
    const auto column = std::ranges::find(columns, asked.field.substr(kPrefix.size()), &SideColumn::name);
    if (column != columns.end()) return on_column(asked, *column);
  }
  const std::size_t at = find_name("field", asked.field, item_fields(dataset));
  return at < fields.size() ? fields[at]->condition(asked, dataset)
                            : on_column(asked, columns[at - fields.size()]);
}

}  // namespace

ItemCondition item_condition(std::string_view text) {
  const std::size_t end = text.find_first_of("=!<>");
  const std::string_view rest = text.substr(std::min(end, text.size()));
  const auto* const op =
      std::ranges::find_if(kOperators, [&](std::string_view one) { return rest.starts_with(one); });
  const std::string field(trim(text.substr(0, end)));
  std::vector<std::string> values;
  if (op != kOperators.end())
    for (const std::string_view value : split(rest.substr(op->size()), "|")) values.emplace_back(trim(value));
  if (op == kOperators.end() || field.empty() || std::ranges::find(values, "") != values.end())
    throw Error(ErrorKind::usage, fmt::format("'{}' is no condition", shown(text)),
                fmt::format("expected FIELD, one of {}, and a value", fmt::join(kOperators, " ")),
                "‹where› 'genres=Comedy,year>=1990'");
  return {field, *op, std::move(values)};
}

std::vector<std::string> item_fields(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const BuiltIn& field : kFields)
    if (field.is_there(dataset)) names.emplace_back(field.name);
  for (const SideColumn& column : dataset.catalog.columns) names.push_back(column.name);
  return names;
}

ItemFilter::ItemFilter(const Dataset& dataset, std::span<const ItemCondition> conditions) {
  for (const ItemCondition& asked : conditions) conditions_.push_back(condition_of(asked, dataset));
}

bool ItemFilter::passes(ItemIdx item) const {
  return std::ranges::all_of(conditions_, [&](const Holds& holds) { return holds(index(item)); });
}

}  // namespace movrec
