#include "movrec/kernels/gemm.hpp"

// The Fortran interface, which every BLAS has.
extern "C" void sgemm_(const char* transa,
                       const char* transb,
                       const int* m,
                       const int* n,
                       const int* k,
                       const float* alpha,
                       const float* a,
                       const int* lda,
                       const float* b,
                       const int* ldb,
                       const float* beta,
                       float* c,
                       const int* ldc);

namespace movrec {

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
          std::int64_t ldc) {
  if (m == 0 || n == 0) return;
  // Row-major C is column-major C^T = op(B)^T op(A)^T.
  const char ta = of_a == Transpose::yes ? 'T' : 'N', tb = of_b == Transpose::yes ? 'T' : 'N';
  const int rows = static_cast<int>(n), columns = static_cast<int>(m), depth = static_cast<int>(k);
  const int a_stride = static_cast<int>(lda), b_stride = static_cast<int>(ldb),
            c_stride = static_cast<int>(ldc);
  const float one = 1;
  sgemm_(&tb, &ta, &rows, &columns, &depth, &one, b, &b_stride, a, &a_stride, &beta, c, &c_stride);
}

}  // namespace movrec
