#pragma once

#include <memory>

#include "movrec/net/gradient_pass.hpp"

namespace movrec {

class PairNet;

/// Loss and gradients of a PairNet by kernels over raw floats, on all threads, without a tape, in buffers
/// that only grow. Equals autograd up to rounding; the same to the bit at any number of threads.
std::unique_ptr<GradientPass> make_pair_pass(const PairNet&);

}  // namespace movrec
