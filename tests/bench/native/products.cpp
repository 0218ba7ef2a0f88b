// Matrix products by bare calls of a CBLAS library, one call a product.
#include "blas.h"
#include "team.h"

// C[m,n] = op(A)[m,k] · op(B)[k,n] of float32, op(A) being Aᵀ if `trans_a`: single-threaded calls,
// as many at once as there are threads.
// - batches = 1: every thread does the product `times` times, into a C of its own; c has room for
//   `threads` of them.
// - batches > 1: that many products of matrices that lie one after the other in a, b and c are
//   divided among the threads, `times` times.
// Returns 0, or 1 for a bad argument, 2 where no cblas_sgemm could be loaded from `blas_path`
// (UTF-8).
TB_API int tb_products(const char* blas_path, int threads, long long times, int trans_a, int m,
                       int n, int k, long long batches, const float* a, const float* b,
                       float* c) noexcept try {
  using namespace tb;
  if (threads < 1 || threads > kMaxThreads || m < 1 || n < 1 || k < 1 || batches < 1) {
    return kBadArgument;
  }
  const Sgemm gemm = open_blas(blas_path);
  if (gemm == nullptr) return kNoBlas;
  const auto product = [&](const float* x, const float* y, float* z) {
    gemm(kRowMajor, trans_a != 0 ? kTransposed : kAsItIs, kAsItIs, m, n, k, 1.0F, x,
         trans_a != 0 ? m : k, y, n, 0.0F, z, n);
  };
  const i64 a_size = i64{m} * k, b_size = i64{k} * n, c_size = i64{m} * n;
  team(threads).run([&](int t) {
    for (i64 time = 0; time < times; ++time) {
      if (batches == 1) {
        product(a, b, c + t * c_size);
      } else {
        for (i64 i = batches * t / threads; i < batches * (t + 1) / threads; ++i)
          product(a + i * a_size, b + i * b_size, c + i * c_size);
      }
    }
  });
  return kOk;
} catch (...) {
  return tb::kNoMemory;
}
