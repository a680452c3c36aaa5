#pragma once

#include "data/members.hpp"
#include "data/text.hpp"
#include "movrec/data/catalog.hpp"
#include "movrec/data/id_map.hpp"

namespace movrec {

/// Demographics from u.user with u.occupation (MovieLens 100K) or users.dat (1M), by UserIdx; empty if the
/// members have neither. Error{data} at a bad line.
UserFeatures read_users(const Members&, const UserMap&, BadLines&);

/// The occupations that MovieLens 1M's codes 0 … 20 stand for, from its README.
std::vector<std::string> ml_1m_occupations();

}  // namespace movrec
