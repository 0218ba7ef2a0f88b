// The yardstick of an epoch: the matrix products of one training epoch and nothing else,
// by single-threaded CBLAS calls spread over threads of our own.
//
// A step of the float32 network in-hidden-out at batch m has five products (X is a batch of rows):
//   H[m,hidden]    = X · W1         Z[m,out]      = H · W2
//   dW2[hidden,out] = Hᵀ · dZ       dH[m,hidden]  = dZ · W2ᵀ       dW1[in,hidden] = Xᵀ · dH
//
// How they are cut was measured with OpenBLAS 0.3.31 on AVX-512 (784-100-10, m = 100, two threads):
// cutting rows of C wins (columns share cache lines, a cut of k needs a second pass), and pays for
// the small products too, since each thread then keeps its rows of H and dH. OpenBLAS's kernel for
// small matrices, which packs nothing, takes calls of m·n·k <= 10^6 and does 100 GFLOP/s where the
// packing one does 65 to 80, so each thread's part is done in tiles of that size: the epoch takes
// 0.7 of the time that one call for each product and thread takes. On large products packing pays
// (784-1024-10, m = 1024: 108 GFLOP/s on a thread, in tiles 60), and each thread makes one call.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "blas.h"
#include "team.h"

namespace tb {
namespace {

// C[m,n] = op(A)[m,k] · op(B)[k,n], all contiguous and row-major.
struct Product {
  bool trans_a, trans_b;
  int m, n, k;
};

// The largest m·n·k that OpenBLAS gives to its kernel for small matrices.
constexpr long long kSmall = 1'000'000;

// The largest product, in multiplications, that is done in such tiles.
constexpr long long kTiled = 40'000'000;

struct Tile {
  int rows, columns, depth;
};

// Of at most kSmall multiplications, or all of a large product.
Tile tile_of(const Product& p) {
  if (1LL * p.m * p.n * p.k > kTiled) return {p.m, p.n, p.k};
  const int columns = std::min(p.n, 128);
  // Of k as much as leaves tiles of 24 rows; of rows then as many as fit, in twelves.
  const long long slices = (24LL * columns * p.k + kSmall - 1) / kSmall;
  const int depth = static_cast<int>((p.k + slices - 1) / slices);
  const auto fit = static_cast<int>(std::min<long long>(kSmall / columns / depth, 96));
  return {fit - fit % 12, columns, depth};
}

// Rows [begin, end) of the product, tile by tile.
void multiply(Sgemm gemm, const Product& p, int begin, int end, const float* a, const float* b,
              float* c) {
  const int lda = p.trans_a ? p.m : p.k;
  const int ldb = p.trans_b ? p.k : p.n;
  const auto [rows, columns, depth] = tile_of(p);
  for (int i = begin; i < end; i += rows) {
    for (int j = 0; j < p.n; j += columns) {
      for (int l = 0; l < p.k; l += depth) {
        const float* const at = a + (p.trans_a ? 1LL * l * lda + i : 1LL * i * lda + l);
        const float* const bt = b + (p.trans_b ? 1LL * j * ldb + l : 1LL * l * ldb + j);
        gemm(kRowMajor, p.trans_a ? kTransposed : kAsItIs, p.trans_b ? kTransposed : kAsItIs,
             std::min(rows, end - i), std::min(columns, p.n - j), std::min(depth, p.k - l), 1.0F,
             at, lda, bt, ldb, l == 0 ? 0.0F : 1.0F, c + 1LL * i * p.n + j, p.n);
      }
    }
  }
}

// One aligned buffer of pseudo-random values in [-scale, scale), or of mostly zeros.
class Buffer {
 public:
  Buffer(long long count, float scale, bool sparse) : data_(static_cast<size_t>(count) + 16) {
    std::uint32_t state = 12345;
    for (float& x : data_) {
      state = state * 1664525U + 1013904223U;
      const float unit = static_cast<float>(state >> 8) / 16777216.0F;
      x = sparse ? std::max(0.0F, 5 * unit - 4) : scale * (2 * unit - 1);
    }
  }
  float* get() {
    const auto address = reinterpret_cast<std::uintptr_t>(data_.data());
    return data_.data() + (64 - address % 64) % 64 / sizeof(float);
  }

 private:
  std::vector<float> data_;
};

// X of the largest epoch asked for so far.
float* images(long long count) {
  static std::unique_ptr<Buffer> kept;
  static long long size = 0;
  if (count > size) {
    kept.reset();
    size = 0;
    kept = std::make_unique<Buffer>(count, 1.0F, true);
    size = count;
  }
  return kept->get();
}

struct Epoch {
  Sgemm gemm;
  Team* team;
  int threads;
  long long rows;
  int in, hidden, out, batch;
  float *x, *w1, *w2, *h, *z, *dz, *dw2, *dh, *dw1;

  // Thread t's rows of one product.
  void part(int t, const Product& p, const float* a, const float* b, float* c) const {
    const auto cut = [&](int i) { return static_cast<int>(1LL * p.m * i / threads); };
    multiply(gemm, p, cut(t), cut(t + 1), a, b, c);
  }

  void run(int t) const {
    for (long long first = 0; first < rows; first += batch) {
      const int m = static_cast<int>(std::min<long long>(batch, rows - first));
      const float* const rows_of_step = x + first * in;
      part(t, {false, false, m, hidden, in}, rows_of_step, w1, h);
      team->barrier();
      part(t, {false, false, m, out, hidden}, h, w2, z);
      part(t, {true, false, hidden, out, m}, h, dz, dw2);
      part(t, {false, true, m, hidden, out}, dz, w2, dh);
      team->barrier();
      part(t, {true, false, in, hidden, m}, rows_of_step, dh, dw1);
      team->barrier();
    }
  }
};

}  // namespace
}  // namespace tb

// Runs the products of one epoch of `rows` examples on 1 to 64 `threads` and stores the seconds it
// took. Returns 0, or 1 for a bad argument, 2 where no cblas_sgemm could be loaded from `blas_path`
// (UTF-8), 3 where memory is short.
TB_API int tb_epoch_products(const char* blas_path, int threads, long long rows, int in, int hidden,
                             int out, int batch, double* seconds) noexcept try {
  using namespace tb;
  if (std::min({threads, in, hidden, out, batch}) < 1 || threads > kMaxThreads || rows < 1) {
    return kBadArgument;
  }
  const Sgemm gemm = open_blas(blas_path);
  if (gemm == nullptr) return kNoBlas;
  const i64 m = batch;
  Buffer w1(1LL * in * hidden, 0.1F, false), w2(1LL * hidden * out, 0.1F, false);
  Buffer h(m * hidden, 1, false), z(m * out, 1, false), dz(m * out, 0.01F, false);
  Buffer dw1(1LL * in * hidden, 1, false), dw2(1LL * hidden * out, 1, false);
  Buffer dh(m * hidden, 1, false);
  Epoch epoch{gemm,    &team(threads), threads,           rows,     in,       hidden,
              out,     batch,          images(rows * in), w1.get(), w2.get(), h.get(),
              z.get(), dz.get(),       dw2.get(),         dh.get(), dw1.get()};
  const auto begin = std::chrono::steady_clock::now();
  epoch.team->run([&](int t) { epoch.run(t); });
  *seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return kOk;
} catch (...) {
  return tb::kNoMemory;
}
