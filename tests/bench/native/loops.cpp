// The loops that a good C programmer writes for reductions, softmax, transpose and broadcast, split
// over a team; and the limits of the machine: a copy, and multiply-adds in registers. Matrices are
// float32, contiguous and row-major. Compiled for the machine that it is built on.
//
// Compilers do not reorder sums unless told to: `omp simd` tells them for the loop at hand, without
// -ffast-math, and four sums that run beside each other hide the latency of an addition.
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "elementary.h"
#include "team.h"

namespace tb {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Add {
  static constexpr float kStart = 0;
  static float of(float a, float b) { return a + b; }
  static float row(const float* x, i64 n) {
    const i64 q = n / 4;
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
    for (i64 j = 0; j < q; ++j) {
      s0 += x[j];
      s1 += x[j + q];
      s2 += x[j + 2 * q];
      s3 += x[j + 3 * q];
    }
    for (i64 j = 4 * q; j < n; ++j) s0 += x[j];
    return (s0 + s1) + (s2 + s3);
  }
};

struct Max {
  static constexpr float kStart = -kInfinity;
  static float of(float a, float b) { return a > b ? a : b; }
  static float row(const float* x, i64 n) {
    const i64 q = n / 4;
    float s0 = kStart, s1 = kStart, s2 = kStart, s3 = kStart;
#pragma omp simd reduction(max : s0, s1, s2, s3)
    for (i64 j = 0; j < q; ++j) {
      s0 = of(x[j], s0);
      s1 = of(x[j + q], s1);
      s2 = of(x[j + 2 * q], s2);
      s3 = of(x[j + 3 * q], s3);
    }
    for (i64 j = 4 * q; j < n; ++j) s0 = of(x[j], s0);
    return of(of(s0, s1), of(s2, s3));
  }
};

// y[j] = op over i of x[i,j], or y[i] = op over j: axis 0 or 1; axis -1: y[0] = op over both.
template <class Op>
void reduce(Team& team, int axis, const float* x, float* y, i64 m, i64 n) {
  if (axis == 1) {
    team.share(m, 1, [&](i64 begin, i64 end) {
      for (i64 i = begin; i < end; ++i) y[i] = Op::row(x + i * n, n);
    });
  } else if (axis == 0) {
    // Columns to threads; four rows in one go, so that y is read and written less often.
    team.share(n, 64, [&](i64 begin, i64 end) {
      for (i64 j = begin; j < end; ++j) y[j] = Op::kStart;
      i64 i = 0;
      for (; i + 4 <= m; i += 4) {
        const float* const x0 = x + i * n;
        const float* const x1 = x0 + n;
        const float* const x2 = x1 + n;
        const float* const x3 = x2 + n;
#pragma omp simd
        for (i64 j = begin; j < end; ++j)
          y[j] = Op::of(y[j], Op::of(Op::of(x0[j], x1[j]), Op::of(x2[j], x3[j])));
      }
      for (; i < m; ++i)
#pragma omp simd
        for (i64 j = begin; j < end; ++j) y[j] = Op::of(y[j], x[i * n + j]);
    });
  } else {
    std::vector<float> part(static_cast<size_t>(team.size()) * 32, Op::kStart);  // a line each
    float* const parts = part.data();
    const i64 count = m * n;
    team.run([&](int t) {
      const i64 begin = count * t / team.size(), end = count * (t + 1) / team.size();
      parts[32 * t] = Op::row(x + begin, end - begin);
    });
    y[0] = Op::kStart;
    for (int t = 0; t < team.size(); ++t) y[0] = Op::of(y[0], parts[32 * t]);
  }
}

void softmax_row(const float* x, float* y, i64 n) {
  const float max = Max::row(x, n);
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (i64 j = 0; j < n; ++j) {
    const float e = exp_or_zero(x[j] - max);
    y[j] = e;
    sum += e;
  }
  const float scale = 1 / sum;
#pragma omp simd
  for (i64 j = 0; j < n; ++j) y[j] *= scale;
}

template <class F>
void map(Team& team, const float* x, float* y, i64 count, F f) {
  team.share(count, 1024, [&](i64 begin, i64 end) {
#pragma omp simd
    for (i64 i = begin; i < end; ++i) y[i] = f(x[i]);
  });
}

// Uniform numbers in [0, 1) of blocks [first, first + 8) of Philox4x32-10, four of each.
void uniform_blocks(std::uint64_t first, std::uint64_t key, float* y) {
  constexpr int kBlocks = 8;
  std::uint32_t c[4][kBlocks];
  for (int b = 0; b < kBlocks; ++b) {
    c[0][b] = static_cast<std::uint32_t>(first + static_cast<std::uint64_t>(b));
    c[1][b] = static_cast<std::uint32_t>((first + static_cast<std::uint64_t>(b)) >> 32);
    c[2][b] = c[3][b] = 0;
  }
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
#pragma omp simd
    for (int b = 0; b < kBlocks; ++b) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0][b];
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57} * c[2][b];
      c[0][b] = static_cast<std::uint32_t>(p1 >> 32) ^ c[1][b] ^ k0;
      c[1][b] = static_cast<std::uint32_t>(p1);
      c[2][b] = static_cast<std::uint32_t>(p0 >> 32) ^ c[3][b] ^ k1;
      c[3][b] = static_cast<std::uint32_t>(p0);
    }
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  for (int b = 0; b < kBlocks; ++b)
    for (int w = 0; w < 4; ++w)
      y[4 * b + w] = static_cast<float>(static_cast<std::int32_t>(c[w][b] >> 8)) * 0x1p-24F;
}

}  // namespace
}  // namespace tb

using tb::i64;

// `bytes` of memory, in huge pages where that can be asked for; never given back. Null if there is
// none.
TB_API void* tb_alloc(long long bytes) noexcept {
  constexpr size_t kHuge = size_t{1} << 21;
  const size_t size = (static_cast<size_t>(bytes) + kHuge - 1) / kHuge * kHuge;
  void* const block = ::operator new(size, std::align_val_t{kHuge}, std::nothrow);
#if defined(__linux__)
  if (block != nullptr) madvise(block, size, MADV_HUGEPAGE);
#endif
  return block;
}

// y = op of x[m,n] over an axis, 0 or 1, or both: -1.
TB_API void tb_sum(int threads, int axis, const float* x, float* y, long long m,
                   long long n) noexcept {
  tb::reduce<tb::Add>(tb::team(threads), axis, x, y, m, n);
}

TB_API void tb_max(int threads, int axis, const float* x, float* y, long long m,
                   long long n) noexcept {
  tb::reduce<tb::Max>(tb::team(threads), axis, x, y, m, n);
}

// y[m,n] = the softmax of each row of x.
TB_API void tb_softmax(int threads, const float* x, float* y, long long m, long long n) noexcept {
  tb::team(threads).share(m, 1, [&](i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i) tb::softmax_row(x + i * n, y + i * n, n);
  });
}

// y[n,m] = the transpose of x[m,n], in blocks whose rows and columns stay in the cache.
TB_API void tb_transpose(int threads, const float* x, float* y, long long m, long long n) noexcept {
  constexpr i64 kBlock = 16;
  tb::team(threads).share(n, kBlock, [&](i64 begin, i64 end) {
    for (i64 j0 = begin; j0 < end; j0 += kBlock)
      for (i64 i0 = 0; i0 < m; i0 += kBlock)
        for (i64 j = j0; j < j0 + kBlock && j < end; ++j)
          for (i64 i = i0; i < i0 + kBlock && i < m; ++i) y[j * m + i] = x[i * n + j];
  });
}

// y[m,n] = x[m,n] + b[n].
TB_API void tb_add_row(int threads, const float* x, const float* b, float* y, long long m,
                       long long n) noexcept {
  tb::team(threads).share(m, 1, [&](i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i)
#pragma omp simd
      for (i64 j = 0; j < n; ++j) y[i * n + j] = x[i * n + j] + b[j];
  });
}

// y = e^x (0), log x of normal x > 0 (1) or tanh x (2), count elements.
TB_API void tb_elementary(int threads, int function, const float* x, float* y,
                          long long count) noexcept {
  tb::Team& team = tb::team(threads);
  if (function == 0) {
    tb::map(team, x, y, count, [](float v) {
      const float over = v < -87.0F ? -87.0F : v;
      return tb::exp_within(over > 87.0F ? 87.0F : over);
    });
  } else if (function == 1) {
    tb::map(team, x, y, count, [](float v) { return tb::log_of_normal(v); });
  } else {
    tb::map(team, x, y, count, [](float v) { return tb::tanh_of(v); });
  }
}

// y[i,j] = x[i,index[i,j]], all of [m,n].
TB_API void tb_gather(int threads, const float* x, const long long* index, float* y, long long m,
                      long long n) noexcept {
  tb::team(threads).share(m, 1, [&](i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i)
      for (i64 j = 0; j < n; ++j) y[i * n + j] = x[i * n + index[i * n + j]];
  });
}

// y[i,j] = x[index[i],j] for m rows of n.
TB_API void tb_take(int threads, const float* x, const long long* index, float* y, long long m,
                    long long n) noexcept {
  tb::team(threads).share(m, 1, [&](i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i)
      std::memcpy(y + i * n, x + index[i] * n, static_cast<size_t>(n) * sizeof(float));
  });
}

// y = uniform numbers in [0, 1) from the words of Philox in order; count is a multiple of 32.
TB_API void tb_uniform(int threads, long long key, float* y, long long count) noexcept {
  tb::team(threads).share(count / 32, 32, [&](i64 begin, i64 end) {
    for (i64 i = begin; i < end; ++i)
      tb::uniform_blocks(static_cast<std::uint64_t>(8 * i), static_cast<std::uint64_t>(key),
                         y + 32 * i);
  });
}

// y = x, count elements.
TB_API void tb_copy(int threads, const float* x, float* y, long long count) noexcept {
  tb::team(threads).share(count, 1024, [&](i64 begin, i64 end) {
#pragma omp simd
    for (i64 i = begin; i < end; ++i) y[i] = x[i];
  });
}

// The multiply-adds of `steps` steps on each thread, all in registers; returns how many floating
// point operations that was.
TB_API double tb_multiply_adds(int threads, long long steps) noexcept {
#if defined(__AVX512F__)
  using Vector = float __attribute__((vector_size(64)));
#elif defined(__AVX__)
  using Vector = float __attribute__((vector_size(32)));
#else
  using Vector = float __attribute__((vector_size(16)));
#endif
  constexpr int kChains = 12;  // independent: more than latency times throughput
  constexpr int kLanes = sizeof(Vector) / sizeof(float);
  tb::team(threads).run([&](int t) {
    Vector y[kChains];
    for (int c = 0; c < kChains; ++c) y[c] = Vector{} + static_cast<float>(t + c);
    const Vector a = Vector{} + 0.999F, b = Vector{} + 0.001F;
    for (i64 s = 0; s < steps; ++s)
      for (int c = 0; c < kChains; ++c) y[c] = y[c] * a + b;
    for (int c = 1; c < kChains; ++c) y[0] += y[c];
    // So that the result is wanted.
    volatile float sink = y[0][0];
    static_cast<void>(sink);
  });
  return 2.0 * kLanes * kChains * static_cast<double>(steps) * threads;
}

// Does nothing: what a call costs.
TB_API void tb_empty() noexcept {}
