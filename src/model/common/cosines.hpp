#pragma once

#include <cstdint>
#include <span>

#include "movrec/core/ids.hpp"

namespace movrec {

/// out[i] = the cosine of rows `item` and i of a table [known.size(), dim], 0 where either is not known or 0.
void cosines(std::span<const float> rows,
             std::span<const std::int32_t> known,
             ItemIdx item,
             std::span<float> out);

}  // namespace movrec
