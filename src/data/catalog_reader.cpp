#include "data/catalog_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/core/log.hpp"
#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

constexpr std::size_t kMaxGenres = 32;

std::uint32_t genre_bits(RawCatalog& catalog, std::string_view names, std::string_view separator) {
  std::uint32_t bits = 0;
  for (std::string_view name : split(names, separator)) bits |= catalog.genre_bit(trim(name));
  return bits;
}

/// "ID|title|date|video date|URL|flag of each genre of u.genre".
RawCatalog read_u_item(const Members& members, BadLines& bad_lines) {
  RawCatalog catalog;
  std::string_view line;
  const std::string genres = to_utf8(members.read("u.genre"));
  for (Lines lines(genres); lines.next(line);) {
    const auto fields = split(line, "|");
    const auto number = fields.size() == 2 ? to_id(fields[1]) : std::nullopt;
    if (number != std::optional(static_cast<std::int32_t>(catalog.genre_names.size())) ||
        catalog.genre_names.size() == kMaxGenres)
      fail(ErrorKind::data, "{}:{}: expected 'GENRE|{}', found '{}'", members.describe("u.genre"),
           lines.number(), catalog.genre_names.size(), shown(line));
    catalog.genre_names.emplace_back(fields[0]);
  }

  const std::size_t n_genres = catalog.genre_names.size(), n_fields = 5 + n_genres;
  const std::string where = members.describe("u.item"), text = to_utf8(members.read("u.item"));
  for (Lines lines(text); lines.next(line);) {
    const auto fields = split(line, "|");
    const std::string_view id = trim(fields[0]);
    if (id.empty() || fields.size() != n_fields) {
      bad_lines.reject(where, lines.number(),
                       fmt::format("an item id and {} more fields separated by '|'", n_fields - 1), line);
      continue;
    }
    std::uint32_t bits = 0;
    bool flags_ok = true;
    for (std::size_t g = 0; g < n_genres; ++g) {
      flags_ok = flags_ok && (fields[5 + g] == "0" || fields[5 + g] == "1");
      if (fields[5 + g] == "1") bits |= 1U << g;
    }
    if (!flags_ok) {
      bad_lines.reject(where, lines.number(), "genre flags 0 or 1", line);
      continue;
    }
    catalog.items.push_back({ItemId(std::string(id)), std::string(trim(fields[1])), bits});
  }
  return catalog;
}

/// "ID::title::genre|genre".
RawCatalog read_movies_dat(const Members& members, BadLines& bad_lines) {
  RawCatalog catalog;
  std::string_view line;
  const std::string where = members.describe("movies.dat"), text = to_utf8(members.read("movies.dat"));
  for (Lines lines(text); lines.next(line);) {
    const std::size_t first = line.find("::"), last = line.rfind("::");
    const std::string_view id = trim(line.substr(0, first));
    if (id.empty() || last == std::string_view::npos || last < first + 2) {
      bad_lines.reject(where, lines.number(), "ID::title::genres", line);
      continue;
    }
    catalog.items.push_back({ItemId(std::string(id)),
                             std::string(trim(line.substr(first + 2, last - first - 2))),
                             genre_bits(catalog, line.substr(last + 2), "|")});
  }
  return catalog;
}

/// A csv file with a header, record by record, with columns by name.
class CsvTable {
 public:
  CsvTable(const Members& members, std::string_view name, std::initializer_list<std::string_view> columns)
      : where_(members.describe(name)), text_(to_utf8(members.read(name))), records_(text_, ',') {
    std::vector<std::string> header;
    if (!records_.next(header)) fail(ErrorKind::data, "{} is empty: expected a header", where_);
    n_fields_ = header.size();
    for (std::string_view column : columns) {
      const auto found = std::ranges::find(header, column);
      if (found == header.end())
        fail(ErrorKind::data, "{}:1: no column is named '{}', found '{}'", where_, column,
             shown(records_.record()));
      columns_.push_back(static_cast<std::size_t>(found - header.begin()));
    }
  }
  bool next() { return records_.next(fields_); }
  bool is_complete() const { return fields_.size() == n_fields_ && !records_.unterminated(); }
  /// The i-th of the columns asked for; only of a complete record.
  const std::string& operator[](std::size_t i) const { return fields_[columns_[i]]; }
  std::string expected() const { return fmt::format("{} fields separated by ','", n_fields_); }
  void reject(BadLines& bad_lines, std::string_view expected) const {
    bad_lines.reject(where_, records_.number(), expected, records_.record());
  }
  const std::string& where() const { return where_; }

 private:
  std::string where_, text_;
  CsvRecords records_;
  std::size_t n_fields_ = 0;
  std::vector<std::size_t> columns_;
  std::vector<std::string> fields_;
};

RawCatalog read_movies_csv(const Members& members, BadLines& bad_lines) {
  RawCatalog catalog;
  CsvTable table(members, "movies.csv", {"movieId", "title", "genres"});
  while (table.next()) {
    if (!table.is_complete())
      table.reject(bad_lines, table.expected());
    else if (trim(table[0]).empty())
      table.reject(bad_lines, "an item's id");
    else
      catalog.items.push_back({ItemId(std::string(trim(table[0]))), std::string(trim(table[1])),
                               genre_bits(catalog, table[2], "|")});
  }
  return catalog;
}

/// The genres of "[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': 'Comedy'}]".
std::uint32_t kaggle_genre_bits(RawCatalog& catalog, std::string_view list) {
  constexpr std::string_view kName = "'name': '";
  std::uint32_t bits = 0;
  for (std::size_t at = list.find(kName); at != std::string_view::npos; at = list.find(kName, at)) {
    at += kName.size();
    bits |= catalog.genre_bit(list.substr(at, list.find('\'', at) - at));
  }
  return bits;
}

/// movies_metadata.csv speaks of TMDB's ids, ratings.csv of MovieLens': links.csv joins them. The published
/// file has three records with shifted columns, so those that cannot be read are left out in any case.
RawCatalog read_kaggle_metadata(const Members& members, std::string_view links_name, BadLines& bad_lines) {
  RawCatalog catalog;
  std::unordered_map<std::int32_t, RawCatalog::Item> by_tmdb_id;
  std::size_t n_unreadable = 0;
  CsvTable metadata(members, "movies_metadata.csv", {"id", "title", "release_date", "genres"});
  while (metadata.next()) {
    const auto id = metadata.is_complete() ? to_id(metadata[0]) : std::nullopt;
    if (!id || metadata[1].empty()) {
      ++n_unreadable;
      continue;
    }
    const std::string_view year = std::string_view(metadata[2]).substr(0, metadata[2].find('-'));
    std::string title = year.size() == 4 ? fmt::format("{} ({})", metadata[1], year) : metadata[1];
    by_tmdb_id.insert_or_assign(
        *id, RawCatalog::Item{ItemId{}, std::move(title), kaggle_genre_bits(catalog, metadata[3])});
  }
  if (n_unreadable > 0)
    log_warning("{}: left out {} records that cannot be read", metadata.where(), n_unreadable);

  CsvTable links(members, links_name, {"movieId", "tmdbId"});
  while (links.next()) {
    const auto id = links.is_complete() ? to_id(links[0]) : std::nullopt;
    if (!id) {
      links.reject(bad_lines, "movieId,imdbId,tmdbId");
      continue;
    }
    const auto tmdb_id = to_id(links[1]);
    const auto found = tmdb_id ? by_tmdb_id.find(*tmdb_id) : by_tmdb_id.end();
    if (found == by_tmdb_id.end()) continue;
    catalog.items.push_back(found->second);
    catalog.items.back().id = ItemId(*id);
  }
  return catalog;
}

}  // namespace

std::uint32_t RawCatalog::genre_bit(std::string_view name) {
  if (name.empty() || name == "(no genres listed)") return 0;
  const auto found = std::ranges::find(genre_names, name);
  const auto g = static_cast<std::size_t>(found - genre_names.begin());
  if (g >= kMaxGenres) {
    if (!std::exchange(has_too_many_genres, true))
      log_warning("more than {} genres: '{}' and later ones are left out", kMaxGenres, name);
    return 0;
  }
  if (found == genre_names.end()) genre_names.emplace_back(name);
  return 1U << g;
}

RawCatalog read_catalog(const Members& members, BadLines& bad_lines) {
  if (members.contains("u.item")) return read_u_item(members, bad_lines);
  if (members.contains("movies.dat")) return read_movies_dat(members, bad_lines);
  if (members.contains("movies.csv")) return read_movies_csv(members, bad_lines);
  if (members.contains("movies_metadata.csv")) {
    for (std::string_view links : {"links.csv", "links_small.csv"})
      if (members.contains(links)) return read_kaggle_metadata(members, links, bad_lines);
    log_warning("{} is left out: its ids are TMDB's, and there is no links.csv to join them",
                members.describe("movies_metadata.csv"));
  }
  return {};
}

Catalog align_catalog(const RawCatalog& raw, const ItemMap& items) {
  const auto n = static_cast<std::size_t>(items.size());
  Catalog catalog;
  catalog.titles.resize(n);
  catalog.years.resize(n);
  catalog.genre_bits.resize(n);
  catalog.genre_names = raw.genre_names;
  for (const RawCatalog::Item& item : raw.items) {
    const auto idx = items.find(item.id);
    if (!idx) continue;
    catalog.titles[index(*idx)] = item.title;
    catalog.years[index(*idx)] = static_cast<std::int16_t>(year_of_title(item.title));
    catalog.genre_bits[index(*idx)] = item.genre_bits;
  }
  for (std::size_t i = 0; i < n; ++i)
    if (catalog.titles[i].empty()) catalog.titles[i] = fmt::format("item {}", items.table().spelling(i));
  return catalog;
}

int year_of_title(std::string_view title) {
  for (std::size_t at = title.rfind('('); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : title.rfind('(', at - 1)) {
    const auto year = to_number<int>(title.substr(at + 1, 4));
    const char after = at + 5 < title.size() ? title[at + 5] : '\0';
    const bool ends = after == ')' || after == '-' || after == '\xE2';  // "(1995)", "(2007-)", "(2007–2008)"
    if (year && *year >= 1000 && ends) return *year;
  }
  return 0;
}

}  // namespace movrec
