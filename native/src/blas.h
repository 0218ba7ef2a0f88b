// The CBLAS library, found at run time: nothing of it is linked, so any CBLAS can serve.
#pragma once

#include <cstdint>

namespace th {

// C = op(A) op(B), row-major, on this thread alone. Transposition is told by
// the flags, ld… are the steps between rows as stored.
struct Gemm {
  bool transpose_a, transpose_b;
  int m, n, k;
  int lda, ldb, ldc;
};

void blas_open(const char* path);
const char* blas_describe();
// Throws NoBlas where none was opened. To be asked before gemm, which runs on threads that cannot
// throw.
void require_blas();
void gemm(const Gemm& g, const float* a, const float* b, float* c);
void gemm(const Gemm& g, const double* a, const double* b, double* c);

}  // namespace th
