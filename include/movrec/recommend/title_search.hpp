#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/catalog.hpp"
#include "movrec/data/id_map.hpp"

namespace movrec {

/// The words of a title as people compare them, one blank between: no accents, no case, no punctuation, no
/// year and no article before or behind ("Misérables, Les (1995)" is "miserables").
std::string plain_title(std::string_view title);

/// Finds the items that a person means: by id, by title, by some words of it, or by either misspelt.
class TitleSearch {
 public:
  /// `n_ratings` of each item; keeps references to catalog and items.
  TitleSearch(const Catalog&, const ItemMap& items, std::vector<std::int32_t> n_ratings);

  /// One item: that is meant, and nothing else comes near. Several, most rated first: it may be any of them.
  /// None: nothing is like it. What is found by the strictest of these rules counts: the id; the whole title;
  /// another title in parentheses; whole words of the title; beginnings of words; the title with few letters
  /// wrong; words with few letters wrong. A year "(1995)" in the text must be the item's. Of items with the
  /// very same title the most rated one stands for all.
  std::vector<ItemIdx> find(std::string_view text) const;

  /// The film that is called so, by its whole title or another one of its titles, of that year or, where none is, of the
  /// one before or after it; 0: of any year. Of several the most rated one. Where no title is the same, the only one of
  /// the very year that comes nearest with few letters wrong.
  std::optional<ItemIdx> film(std::string_view title, int year) const;

  /// At most `n` titles that look most like the text, for a question back.
  std::vector<ItemIdx> nearest(std::string_view text, std::size_t n) const;

  const Catalog& catalog() const { return catalog_; }
  ItemId id(ItemIdx item) const { return items_.id(item); }
  std::int32_t n_ratings(ItemIdx item) const { return n_ratings_[index(item)]; }

 private:
  /// Titles as plain_title gives them: its own, then those in parentheses.
  struct Entry {
    std::vector<std::string> names;
    std::vector<std::string> words;  ///< of all names
  };
  struct Wanted;
  enum class Rule { title, other_title, words, beginnings, misspelt_title, misspelt_words };

  /// How far the entry is from what is wanted by this rule, 0 at best; -1: it does not fit.
  static int distance(const Entry&, const Wanted&, Rule);
  void rank(std::vector<ItemIdx>& items) const;
  std::optional<ItemIdx> misspelt_film(const std::string& name, int year) const;

  const Catalog& catalog_;
  const ItemMap& items_;
  std::vector<std::int32_t> n_ratings_;
  std::vector<Entry> entries_;
};

}  // namespace movrec
