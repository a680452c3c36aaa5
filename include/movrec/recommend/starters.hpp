#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "movrec/data/catalog.hpp"

namespace movrec {

/// Items that somebody new may know, so that he can rate some: of `candidates` each time the most rated one
/// with a genre that none before it has; when all genres have had their turn, they begin anew.
/// Of a title and year, the most rated item alone.
std::vector<ItemIdx> popular_and_diverse(const Catalog&,
                                         std::span<const std::int32_t> n_ratings,
                                         std::span<const ItemIdx> candidates,
                                         std::size_t n);

}  // namespace movrec
