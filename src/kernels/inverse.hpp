#pragma once

#include <cstddef>

namespace movrec {

/// Replaces a symmetric positive definite matrix [n, n] by its inverse: its lower triangle is read, and both
/// are filled. Cholesky in tiles: n³ multiplications and additions in all, on all threads, the same to the
/// bit however many there are; a strip of 1/20 or less of the matrix beside it. False if it is not positive
/// definite, and then it holds nothing of use.
bool invert(float* matrix, std::size_t n);

}  // namespace movrec
