#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/members.hpp"
#include "data/text.hpp"
#include "movrec/data/catalog.hpp"
#include "movrec/data/id_map.hpp"

namespace movrec {

/// Titles and genres as files spell them, in the order of the lines.
struct RawCatalog {
  struct Item {
    ItemId id;
    std::string title;
    std::uint32_t genre_bits;
  };
  std::vector<Item> items;
  std::vector<std::string> genre_names;
  bool has_too_many_genres = false;

  /// The bit of a genre, which is made known by it; 0 for an empty name, "(no genres listed)", and for genres
  /// beyond the 32nd, of which a warning is logged.
  std::uint32_t genre_bit(std::string_view name);
};

/// From the first of these that the members have: u.item with u.genre (MovieLens 100K), movies.dat (1M and
/// 10M), movies.csv (20M and later), movies_metadata.csv with links.csv or links_small.csv (Kaggle's "The
/// Movies Dataset", whose own ids are TMDB's). Empty if there is none. Error{data} at a bad line.
RawCatalog read_catalog(const Members&, BadLines&);

/// The catalogue by ItemIdx.
Catalog align_catalog(const RawCatalog&, const ItemMap&);

/// The year in a title's last "(1995", 0 if it has none.
int year_of_title(std::string_view title);

}  // namespace movrec
