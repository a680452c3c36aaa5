#include "movrec/data/catalog.hpp"

namespace movrec {

std::vector<std::string> Catalog::genres(ItemIdx item) const {
  std::vector<std::string> names;
  for (std::size_t g = 0; g < genre_names.size(); ++g)
    if ((genre_bits[index(item)] >> g) & 1U) names.push_back(genre_names[g]);
  return names;
}

}  // namespace movrec
