#pragma once

#include <cstddef>
#include <string_view>

namespace movrec {

/// Error{failure} if `bytes` for each pair of items are more than the machine has. `what` is kept of them; `remedy` says
/// what takes less.
void check_pair_memory(std::string_view what,
                       std::size_t n_items,
                       std::size_t bytes,
                       std::string_view remedy);

}  // namespace movrec
