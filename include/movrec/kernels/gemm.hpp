#pragma once

#include <cstdint>

namespace movrec {

enum class Transpose : bool { no, yes };

/// C [m, n] = op(A) op(B) + beta C for row-major float matrices, op(A) [m, k], op(B) [k, n]; `ld` counts
/// floats from a row to the next as stored. BLAS's sgemm without a tensor around it: nothing is allocated,
/// and inside a parallel region it runs on the calling thread.
void gemm(Transpose of_a,
          Transpose of_b,
          std::int64_t m,
          std::int64_t n,
          std::int64_t k,
          const float* a,
          std::int64_t lda,
          const float* b,
          std::int64_t ldb,
          float beta,
          float* c,
          std::int64_t ldc);

}  // namespace movrec
