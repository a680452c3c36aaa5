#pragma once

#include <span>
#include <string>
#include <vector>

#include "movrec/solve/bfm/bfm_design.hpp"

namespace movrec::bfm {

/// A family of features by name.
struct Family {
  std::string name;
  std::string full_name{};               ///< of a column: item.NAME or user.NAME, which means it, too
  bool is_standard = true;               ///< there unless families are chosen
  bool is_there = true;                  ///< the data set has it
  const SideColumn* of_users = nullptr;  ///< a column of users that it is made of,
  const SideColumn* of_items = nullptr;  ///< or of items
};

/// Those that a design of the data is to have, of the given names; Error{usage} as make_bfm_design.
std::vector<Family> chosen_families(const Ratings& train,
                                    const SideInfo* side,
                                    std::span<const std::string> asked);

}  // namespace movrec::bfm
