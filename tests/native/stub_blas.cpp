// A CBLAS of two plain functions, for builds whose sanitizer has to see everything that runs.
namespace {

constexpr int kTrans = 112;

template <class T>
void gemm(int transpose_a, int transpose_b, int m, int n, int k, T alpha, const T* a, int lda,
          const T* b, int ldb, T beta, T* c, int ldc) {
  auto at = [](const T* x, int transpose, int ld, int i, int j) {
    return transpose == kTrans ? x[static_cast<long long>(j) * ld + i]
                               : x[static_cast<long long>(i) * ld + j];
  };
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0;
      for (int p = 0; p < k; ++p)
        sum += static_cast<double>(at(a, transpose_a, lda, i, p)) *
               static_cast<double>(at(b, transpose_b, ldb, p, j));
      T& y = c[static_cast<long long>(i) * ldc + j];
      y = static_cast<T>(sum) * alpha + (beta == 0 ? T(0) : beta * y);
    }
}

}  // namespace

extern "C" {

#define TH_STUB __attribute__((visibility("default")))

TH_STUB void cblas_sgemm(int, int ta, int tb, int m, int n, int k, float alpha, const float* a,
                         int lda, const float* b, int ldb, float beta, float* c, int ldc) {
  gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

TH_STUB void cblas_dgemm(int, int ta, int tb, int m, int n, int k, double alpha, const double* a,
                         int lda, const double* b, int ldb, double beta, double* c, int ldc) {
  gemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // extern "C"
