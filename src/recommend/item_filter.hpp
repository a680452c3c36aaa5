#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// What is asked of items: "genres=Comedy|Drama" has the values Comedy and Drama, of which one must hold.
struct ItemCondition {
  std::string field;
  std::string_view op;  ///< = != < <= > >=
  std::vector<std::string> values;
};

/// The field of genres, as a column of ‹items› is called, too, where they are too many for bits.
inline constexpr std::string_view kGenres = "genres";

/// Of a text like "year>=1990". Error{usage}.
ItemCondition item_condition(std::string_view text);

/// The fields that conditions may name: id, title, year, genres where there are any, and columns of ‹items›.
std::vector<std::string> item_fields(const Dataset&);

/// Conditions on items, of which all must hold. Numbers take any operator; categories, of which an item must have the
/// one, and ids take = and !=, as titles do, which must contain the value. Letters may be of any case but in ids. Where
/// nothing is known, only != holds, which does wherever = does not. The data set must outlive it.
class ItemFilter {
 public:
  /// Error{usage} for fields and categories that the data set does not have, and for operators that do not fit.
  ItemFilter(const Dataset&, std::span<const ItemCondition>);
  bool passes(ItemIdx) const;

 private:
  std::vector<std::function<bool(std::size_t)>> conditions_;
};

}  // namespace movrec
