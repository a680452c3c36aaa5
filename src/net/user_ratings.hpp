#pragma once

#include <memory>

#include "movrec/net/net.hpp"
#include "net/pair_kernel.hpp"

namespace movrec {

std::unique_ptr<UserRatings> make_user_ratings(PairWeights, const History&);

}  // namespace movrec
