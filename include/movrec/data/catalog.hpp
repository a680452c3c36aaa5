#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "movrec/core/ids.hpp"

namespace movrec {

/// Something that a file says of users or of items, by their index: categories, of which one may have none or several,
/// or a number.
struct SideColumn {
  std::string name;                     ///< as the file's header spells it
  std::vector<std::string> categories;  ///< their names, in alphabetical order; empty in a column of numbers
  std::vector<std::uint32_t> begin{0};  ///< those of k are values[begin[k]] … values[begin[k + 1]]
  std::vector<std::uint32_t> values{};  ///< positions in `categories`, ascending
  std::vector<float> numbers{};         ///< NaN: unknown; empty in a column of categories

  bool is_number() const { return categories.empty(); }
  std::span<const std::uint32_t> of(std::size_t k) const {
    return std::span(values).subspan(begin[k], begin[k + 1] - begin[k]);
  }
};

/// Titles, years and genres by ItemIdx. Items without an entry have the title "item ID", no year and no
/// genres.
struct Catalog {
  std::vector<std::string> titles;        ///< UTF-8, as the release spells them: "Misérables, Les (1995)"
  std::vector<std::int16_t> years;        ///< of release, 0 if unknown
  std::vector<std::uint32_t> genre_bits;  ///< bit g: the item has genre_names[g]
  std::vector<std::string> genre_names;
  std::vector<SideColumn> columns{};  ///< of --items, besides

  const std::string& title(ItemIdx item) const { return titles[index(item)]; }
  int year(ItemIdx item) const { return years[index(item)]; }
  std::vector<std::string> genres(ItemIdx item) const;
};

/// Demographics by UserIdx; all columns are empty where a release has none.
struct UserFeatures {
  std::vector<std::int16_t> ages;         ///< years (ml-1m: the lower end of its band), 0 if unknown
  std::vector<char> genders;              ///< 'M', 'F', or '?'
  std::vector<std::int16_t> occupations;  ///< position in occupation_names, -1 if unknown
  std::vector<std::string> zips;
  std::vector<std::string> occupation_names;
  std::vector<SideColumn> columns{};  ///< of --users, besides

  bool empty() const { return ages.empty(); }
};

/// What is known of items and users besides ratings.
struct SideInfo {
  const Catalog& items;
  const UserFeatures& users;
};

}  // namespace movrec
