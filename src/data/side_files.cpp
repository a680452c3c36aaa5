#include "data/side_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "data/catalog_reader.hpp"
#include "data/rating_columns.hpp"
#include "data/text_blocks.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/progress.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

/// Of fewer different numbers, like those of a code, each stands for something of its own.
constexpr std::size_t kManyNumbers = 12;
constexpr std::size_t kMostOfFile = std::size_t{1} << 30;

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::find(names, plain_name(name)) != names.end();
}

constexpr std::array<std::string_view, 6> kTitles = {"title",     "name",        "movietitle",
                                                     "booktitle", "productname", "primarytitle"};
constexpr std::array<std::string_view, 5> kYears = {"year", "releaseyear", "startyear", "yearofpublication",
                                                    "publicationyear"};
constexpr std::array<std::string_view, 4> kGenres = {"genres", "genre", "categories", "category"};

char separator_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  char best = ',';
  for (const char separator : {',', '\t', ';', '|'})
    if (std::ranges::count(line, separator) > std::ranges::count(line, best)) best = separator;
  return best;
}

/// The texts of one column by index.
struct Texts {
  std::string name;
  std::vector<std::string> of;
};

struct Table {
  std::vector<Texts> columns;  ///< without that of the ids
  std::vector<bool> has_line;  ///< by index
  std::size_t n_others = 0, n_repeated = 0;
};

/// `find`: the index of an id, or nothing. `role` has the usual names of the column of ids.
template <class Find>
Table read_table(std::string_view text,
                 const std::string& path,
                 BadLines& bad_lines,
                 RatingColumn::Role role,
                 std::size_t n,
                 Find&& find) {
  CsvRecords records(text, separator_of(text));
  std::vector<std::string> header, fields;
  if (!records.next(header)) fail(ErrorKind::data, "{} is empty: expected a header", path);
  for (std::string& name : header) name = trim(name);
  const auto is_id = [&](const std::string& name) {
    return plain_name(name) == "id" || (RatingColumn::role_of(name) == role && !is_one_of(name, kTitles));
  };
  const auto id_column = static_cast<std::size_t>(std::ranges::find_if(header, is_id) - header.begin());
  if (id_column == header.size())
    throw Error(ErrorKind::data,
                fmt::format("{}:1: none of its columns holds ids by its name: {}", path,
                            shown(fmt::format("{}", fmt::join(header, ", ")))),
                {}, fmt::format("call it 'id' or '{}'", RatingColumn::kNames[role]));
  Table table;
  table.has_line.resize(n);
  std::vector<std::size_t>
      places;  // a column without a name, which tables of pandas begin with, numbers the lines
  for (std::size_t c = 0; c < header.size(); ++c) {
    if (c == id_column || header[c].empty()) continue;
    table.columns.push_back({header[c], std::vector<std::string>(n)});
    places.push_back(c);
  }
  while (records.next(fields)) {
    if (fields.size() != header.size() || records.unterminated()) {
      bad_lines.reject(path, records.number(), fmt::format("{} fields as in the header", header.size()),
                       records.record());
      continue;
    }
    const auto at = find(std::string(trim(fields[id_column])));
    if (!at) {
      ++table.n_others;
      continue;
    }
    if (table.has_line[*at]) ++table.n_repeated;
    table.has_line[*at] = true;
    for (std::size_t k = 0; k < places.size(); ++k) table.columns[k].of[*at] = trim(fields[places[k]]);
  }
  return table;
}

std::string words_of(const SideColumn& column) {
  return column.is_number() ? fmt::format("{} (numbers)", shown(column.name))
                            : fmt::format("{} ({} categories)", shown(column.name), column.categories.size());
}

void say(const std::string& path,
         const Table& table,
         const char* side,
         std::vector<std::string> words,
         const std::vector<SideColumn>& columns) {
  for (const SideColumn& column : columns) words.push_back(words_of(column));
  const auto n_known = std::ranges::count(table.has_line, true);
  if (n_known == 0)
    throw Error(ErrorKind::data, fmt::format("{} knows none of the {} that have ratings", path, side),
                "its ids are spelt in another way, or are of another data set");
  log_info("{}: {}; of {} of {} {}{}{}", path, fmt::join(words, ", "), format_count(n_known),
           format_count(std::ssize(table.has_line)), side,
           table.n_others > 0 ? fmt::format(", and {} without ratings",
                                            format_count(static_cast<std::int64_t>(table.n_others)))
                              : "",
           table.n_repeated > 0 ? fmt::format("; {} lines repeat an id, of which the last counts",
                                              format_count(static_cast<std::int64_t>(table.n_repeated)))
                                : "");
}

/// Genres as bits where there are few enough of them; else false, and they are a column.
bool take_genres(const std::vector<std::string>& texts, Catalog& catalog) {
  constexpr std::size_t kMostGenres = 32;
  std::set<std::string, std::less<>> names;
  for (const std::string& text : texts)
    for (const std::string_view name : split(text, "|"))
      if (!trim(name).empty()) names.emplace(trim(name));
  if (names.empty() || names.size() > kMostGenres) return false;
  catalog.genre_names.assign(names.begin(), names.end());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    catalog.genre_bits[i] = 0;
    for (const std::string_view name : split(texts[i], "|"))
      if (const auto at = names.find(trim(name)); at != names.end())
        catalog.genre_bits[i] |= 1U << static_cast<unsigned>(std::distance(names.begin(), at));
  }
  return true;
}

void take_titles(const std::vector<std::string>& texts, Catalog& catalog) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    catalog.titles[i] = texts[i];
    catalog.years[i] = static_cast<std::int16_t>(year_of_title(texts[i]));
  }
}

void take_years(const std::vector<std::string>& texts, Catalog& catalog) {
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (const auto year = to_number<float>(texts[i]); year && *year >= 1000 && *year < 3000)
      catalog.years[i] = static_cast<std::int16_t>(*year);
}

/// Ages, genders and occupations where the data set has none yet.
class Demographic {
 public:
  explicit Demographic(UserFeatures& features, std::size_t n) : features_(features), n_(n) {}

  bool take(const Texts& column) {
    const std::string name = plain_name(column.name);
    if (name == "age")
      return each(column, [&](std::size_t u, const std::string& text) {
        if (const auto age = to_number<float>(text); age && *age > 0 && *age <= 150)
          features_.ages[u] = static_cast<std::int16_t>(*age);
      });
    if (name == "gender" || name == "sex")
      return each(column, [&](std::size_t u, const std::string& text) {
        const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
        if (letter == 'M' || letter == 'F') features_.genders[u] = letter;
      });
    if (name != "occupation" && name != "job") return false;
    const std::set<std::string> names(column.of.begin(), column.of.end());
    if (names.size() > static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max())) return false;
    features_.occupation_names.clear();
    for (const std::string& one : names)
      if (!one.empty()) features_.occupation_names.push_back(one);
    return each(column, [&](std::size_t u, const std::string& text) {
      features_.occupations[u] = static_cast<std::int16_t>(
          std::ranges::lower_bound(features_.occupation_names, text) - features_.occupation_names.begin());
    });
  }

 private:
  template <class Set>
  bool each(const Texts& column, Set&& set) {
    if (features_.empty()) {
      features_.ages.assign(n_, 0);
      features_.genders.assign(n_, '?');
      features_.occupations.assign(n_, -1);
      features_.zips.resize(n_);
    }
    for (std::size_t u = 0; u < n_; ++u)
      if (!column.of[u].empty()) set(u, column.of[u]);
    return true;
  }

  UserFeatures& features_;
  std::size_t n_;
};

}  // namespace

SideColumn side_column(std::string name, const std::vector<std::string>& texts) {
  SideColumn column{.name = std::move(name), .categories = {}};
  std::set<std::string, std::less<>> distinct;
  bool are_numbers = true;
  for (const std::string& text : texts) {
    if (text.empty()) continue;
    const auto number = to_number<float>(text);
    are_numbers = are_numbers && number && std::isfinite(*number);
    for (const std::string_view part : split(text, "|"))
      if (!trim(part).empty()) distinct.emplace(trim(part));
  }
  if (are_numbers && distinct.size() > kManyNumbers) {
    for (const std::string& text : texts)
      column.numbers.push_back(to_number<float>(text).value_or(std::numeric_limits<float>::quiet_NaN()));
    return column;
  }
  column.categories.assign(distinct.begin(), distinct.end());
  if (column.categories.empty()) column.categories.emplace_back("unknown");  // nothing is known of anybody
  for (const std::string& text : texts) {
    std::set<std::uint32_t> values;
    for (const std::string_view part : split(text, "|"))
      if (!trim(part).empty())
        values.insert(static_cast<std::uint32_t>(std::ranges::lower_bound(column.categories, trim(part)) -
                                                 column.categories.begin()));
    column.values.insert(column.values.end(), values.begin(), values.end());
    column.begin.push_back(static_cast<std::uint32_t>(column.values.size()));
  }
  return column;
}

void read_item_file(const std::string& path, BadLines& bad_lines, Dataset& dataset) {
  read_item_table(whole_text(path, kMostOfFile), path, bad_lines, dataset);
}
void read_user_file(const std::string& path, BadLines& bad_lines, Dataset& dataset) {
  read_user_table(whole_text(path, kMostOfFile), path, bad_lines, dataset);
}

void read_item_table(std::string_view text, const std::string& path, BadLines& bad_lines, Dataset& dataset) {
  Catalog& catalog = dataset.catalog;
  const auto find = [&](std::string id) -> std::optional<std::size_t> {
    const auto item = dataset.items.find(ItemId(std::move(id)));
    return item ? std::optional(static_cast<std::size_t>(index(*item))) : std::nullopt;
  };
  Table table = read_table(text, path, bad_lines, RatingColumn::kItem,
                           static_cast<std::size_t>(dataset.items.size()), find);
  std::vector<std::string> words;
  const auto take = [&](auto is_meant, auto&& take_texts, const char* what) {
    const auto found = std::ranges::find_if(table.columns, is_meant, &Texts::name);
    if (found == table.columns.end() || !take_texts(found->of)) return;
    words.push_back(plain_name(found->name) == what ? what : fmt::format("{}={}", what, shown(found->name)));
    table.columns.erase(found);
  };
  take([](const std::string& name) { return is_one_of(name, kTitles); },
       [&](const auto& texts) { return take_titles(texts, catalog), true; }, "title");
  take([](const std::string& name) { return is_one_of(name, kYears); },
       [&](const auto& texts) { return take_years(texts, catalog), true; }, "year");
  take([](const std::string& name) { return is_one_of(name, kGenres); },
       [&](const auto& texts) { return take_genres(texts, catalog); }, "genres");
  for (const Texts& column : table.columns) catalog.columns.push_back(side_column(column.name, column.of));
  say(path, table, "items", std::move(words), catalog.columns);
}

void read_user_table(std::string_view text, const std::string& path, BadLines& bad_lines, Dataset& dataset) {
  UserFeatures& features = dataset.user_features;
  const auto n = static_cast<std::size_t>(dataset.users.size());
  const auto find = [&](std::string id) -> std::optional<std::size_t> {
    const auto user = dataset.users.find(UserId(std::move(id)));
    return user ? std::optional(static_cast<std::size_t>(index(*user))) : std::nullopt;
  };
  Table table = read_table(text, path, bad_lines, RatingColumn::kUser, n, find);
  std::vector<std::string> words;
  Demographic demographic(features, n);
  for (const Texts& column : table.columns) {
    if (demographic.take(column))
      words.push_back(plain_name(column.name));
    else
      features.columns.push_back(side_column(column.name, column.of));
  }
  say(path, table, "users", std::move(words), features.columns);
}

}  // namespace movrec
