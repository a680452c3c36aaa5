#pragma once

#include <span>

#include "movrec/core/ids.hpp"

namespace movrec {

/// Ratings that a user has given: items ascending, each once, and the stars of each.
struct History {
  std::span<const ItemIdx> items;
  std::span<const float> stars;
};

}  // namespace movrec
