#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/id_map.hpp"

namespace movrec {

/// The users that a person asks for, in that order: those of ‹user›, each an id or several with commas, then
/// `users`: "all", "1,2,5", or a file with one id a line (`#` begins a comment). Error{usage} for an id that is not in `dataset`,
/// Error{data} for a file that cannot be read.
std::vector<UserId> find_users(std::span<const std::string> ids,
                               const std::string& users,
                               const UserMap& known,
                               std::string_view dataset);

}  // namespace movrec
