#include "solve/common/pair_memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "movrec/core/error.hpp"

namespace movrec {

void check_pair_memory(std::string_view what,
                       std::size_t n_items,
                       std::size_t bytes,
                       std::string_view remedy) {
  constexpr double kGigabyte = 1e9;
  const double needed =
      static_cast<double>(n_items) * static_cast<double>(n_items) * static_cast<double>(bytes);
  const double there =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (needed > there)
    throw Error(ErrorKind::failure,
                fmt::format("the {} between {} items do not fit into memory", what, n_items),
                fmt::format("they take {:.1f} GB, and this machine has {:.1f} GB", needed / kGigabyte,
                            there / kGigabyte),
                std::string(remedy));
}

}  // namespace movrec
