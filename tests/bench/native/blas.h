// The CBLAS library under test, called bare.
#pragma once

#include <string>

namespace tb {

using Sgemm = void (*)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                       const float* a, int lda, const float* b, int ldb, float beta, float* c,
                       int ldc);

constexpr int kRowMajor = 101, kAsItIs = 111, kTransposed = 112;

// cblas_sgemm of the library at `path` (UTF-8), set to one thread; null where there is none. Never
// unloaded.
Sgemm open_blas(const std::string& path);

}  // namespace tb
