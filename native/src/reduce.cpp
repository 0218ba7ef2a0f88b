// Reduction inner loops. Compiled once for each instruction set.
#include "fold.h"

namespace th::TH_ISA {
namespace {

// A reduction says what it does with folds over its elements; it gets `width` results at a time
// from fold(op, map, out): out[j] = the fold of map(x, j). One result a row, a strip of columns.
template <class X>
struct Row {
  const Axes& r;
  const X* x;

  template <class Op, class Map, class Y>
  void operator()(Op, Map map, Y* out) const {
    *out = fold_row<Op, Y>(r, x, map);
  }
  template <class T>
  void spread(T*) const {}
};
template <class X>
struct Columns {
  const Axes& r;
  i64 width;
  const X* x;
  i64 sx;

  template <class Op, class Map, class Y>
  void operator()(Op, Map map, Y* out) const {
    fold_columns<Op>(r, width, x, sx, map, out);
  }
  // Repeats p for maps, which may be asked for columns beyond the last one.
  template <class T>
  void spread(T* p) const {
    for (i64 j = width; j < kStrip; ++j) p[j] = p[j - width];
  }
};

// X is what is read, A what a block of them is folded in, Y the result.
template <class Op, class X, class A = X, class Y = A>
struct Plain {
  using In = X;
  using Out = Y;
  template <class Fold>
  static void of(i64, const Fold& fold, Y* y) {
    fold(Op(), As<A>(), y);
  }
  static void made(i64 n, const Maker& x, void* y) {
    *static_cast<Y*>(y) = fold_made<Op, A, Y, X>(n, x);
  }
};

// log Σ exp(x - m) + m with m the maximum; an infinite m shifts by 0, so all -inf is -inf.
template <class T>
struct LogSumExp {
  using In = T;
  using Out = T;
  template <class Fold>
  static void of(i64 width, const Fold& fold, T* y) {
    T shift[kStrip];
    fold(Max(), As<T>(), shift);
    for (i64 j = 0; j < width; ++j) shift[j] = shift[j] - shift[j] == 0 ? shift[j] : T(0);
    fold.spread(shift);
    fold(Sum(), [&](T v, i64 j) { return exp_(v - shift[j]); }, y);
    for (i64 j = 0; j < width; ++j) y[j] = log_(y[j]) + shift[j];
  }
};

// √Σx². Squares that overflow, or all but vanish, are taken again of x over the largest |x|.
template <class T>
struct Norm {
  using In = T;
  using Out = T;
  template <class Fold>
  static void of(i64 width, const Fold& fold, T* y) {
    constexpr T kSmall = sizeof(T) == 4 ? T(1e-24) : T(1e-280);
    auto lost = [](T sum) { return sum - sum != 0 || sum < kSmall; };
    fold(Sum(), [](T v, i64) { return v * v; }, y);
    bool any = false;
    for (i64 j = 0; j < width; ++j) any = any || lost(y[j]);
    if (any) {
      rescued(width, fold, lost, y);
    } else {
      for (i64 j = 0; j < width; ++j) y[j] = sqrt_(y[j]);
    }
  }
  template <class Fold, class Lost>
  static void rescued(i64 width, const Fold& fold, Lost lost, T* y) {
    T largest[kStrip], scale[kStrip], sum[kStrip];
    fold(Max(), [](T v, i64) { return v < 0 ? -v : v; }, largest);
    for (i64 j = 0; j < width; ++j)
      scale[j] = largest[j] > 0 && largest[j] - largest[j] == 0 ? largest[j] : T(1);
    fold.spread(scale);
    fold(Sum(), [&](T v, i64 j) { return (v / scale[j]) * (v / scale[j]); }, sum);
    for (i64 j = 0; j < width; ++j) {
      if (!lost(y[j])) {
        y[j] = sqrt_(y[j]);
      } else if (largest[j] <= 0) {  // or of no element
        y[j] = 0;
      } else {
        y[j] = largest[j] - largest[j] == 0 ? sqrt_(sum[j]) * largest[j] : largest[j];
      }
    }
  }
};

template <class Reduction>
void rows(const Axes& r, i64 n, const void* px, i64 sx, void* py, i64 sy) {
  const auto* x = static_cast<const typename Reduction::In*>(px);
  auto* y = static_cast<typename Reduction::Out*>(py);
  for (i64 j = 0; j < n; ++j)
    Reduction::of(1, Row<typename Reduction::In>{r, x + j * sx}, y + j * sy);
}

template <class Reduction>
void columns(const Axes& r, i64 n, const void* px, i64 sx, void* py, i64 sy) {
  const auto* x = static_cast<const typename Reduction::In*>(px);
  auto* y = static_cast<typename Reduction::Out*>(py);
  for (i64 first = 0; first < n; first += kStrip) {
    const i64 width = n - first < kStrip ? n - first : kStrip;
    typename Reduction::Out out[kStrip];
    Reduction::of(width, Columns<typename Reduction::In>{r, width, x + first * sx, sx}, out);
    for (i64 j = 0; j < width; ++j) y[(first + j) * sy] = out[j];
  }
}

// The first of n elements for which is(x) holds; there is one.
template <class T, class Is>
i64 first(i64 n, const T* x, i64 step, Is is) {
  constexpr int kBlock = 64;
  for (i64 i = 0;; i += kBlock) {
    const int m = static_cast<int>(n - i < kBlock ? n - i : kBlock);
    T aside[kBlock];
    const T* const block = step == 1 ? x + i : gather(m, x + i * step, step, aside);
    int at = m;  // without a branch: where it is cannot be foreseen
    for (int j = 0; j < m; ++j) {
      const int here = is(block[j]) ? j : m;
      at = here < at ? here : at;
    }
    if (at < m) return i + at;
  }
}

// The first index of the extreme, which is that of a NaN where there is one: the first block that
// holds it, then the place there.
template <class Op, class T>
void arg_rows(const Axes& r, i64 rows, const void* px, i64 sx, void* py, i64 sy) {
  const i64 n = r.size[0], step = r.stride[0];
  i64* y = static_cast<i64*>(py);
  for (i64 row = 0; row < rows; ++row) {
    const T* x = static_cast<const T*>(px) + row * sx;
    T best = x[0];
    i64 block = 0;
    for (i64 i = 0; i < n && best == best; i += kLeaf) {
      const Axes part{1, {n - i < kLeaf ? n - i : kLeaf}, {step}};
      const T here = fold_row<Op, T>(part, x + i * step, As<T>());
      if (!Op::holds(best, here)) {
        best = here;
        block = i;
      }
    }
    x += block * step;
    y[row * sy] =
        block + (best != best ? first(n - block, x, step, [](T v) { return v != v; })
                              : first(n - block, x, step, [&](T v) { return v == best; }));
  }
}

// Indices as wide as the elements, so that both go through the same lanes.
template <int Bytes>
struct Index {
  using type = int32_t;
};
template <>
struct Index<8> {
  using type = i64;
};

template <class Op, class T>
void arg_columns(const Axes& r, i64 n, const void* px, i64 sx, void* py, i64 sy) {
  using I = typename Index<sizeof(T)>::type;
  i64* y = static_cast<i64*>(py);
  for (i64 first = 0; first < n; first += kStrip) {
    const i64 width = n - first < kStrip ? n - first : kStrip;
    const T* x = static_cast<const T*>(px) + first * sx;
    T best[kStrip], aside[kStrip];
    I index[kStrip] = {};
    for (i64 j = 0; j < width; ++j) best[j] = x[j * sx];
    for (I i = 1; i < r.size[0]; ++i) {
      const T* row = x + i * r.stride[0];
      if (sx != 1) row = gather(width, row, sx, aside);
      for (i64 j = 0; j < width; ++j) {
        const T v = row[j], b = best[j];
        const bool better = !Op::holds(b, v) & (b == b);
        best[j] = better ? v : b;
        index[j] = better ? i : index[j];
      }
    }
    for (i64 j = 0; j < width; ++j) y[(first + j) * sy] = index[j];
  }
}

template <class T>
struct Filler {
  Kernels& k;
  int dtype;

  template <class Reduction>
  void set(Reduce op) {
    k.rows[dtype][static_cast<int>(op)] = rows<Reduction>;
    k.columns[dtype][static_cast<int>(op)] = columns<Reduction>;
  }
  template <class Reduction>
  void set_plain(Reduce op) {
    set<Reduction>(op);
    k.made[dtype][static_cast<int>(op)] = Reduction::made;
  }
  template <class Op>
  void set_arg(Reduce op) {
    k.rows[dtype][static_cast<int>(op)] = arg_rows<Op, T>;
    k.columns[dtype][static_cast<int>(op)] = arg_columns<Op, T>;
  }
  // A and Y as in Plain, for sums and products.
  template <class A, class P, class Y>
  void numbers() {
    set_plain<Plain<Sum, T, A, Y>>(Reduce::SUM);
    set_plain<Plain<Product, T, P, Y>>(Reduce::PROD);
    set_plain<Plain<Max, T>>(Reduce::MAX);
    set_plain<Plain<Min, T>>(Reduce::MIN);
    set_arg<Max>(Reduce::ARGMAX);
    set_arg<Min>(Reduce::ARGMIN);
  }
  void floats() {
    numbers<T, T, T>();
    set<LogSumExp<T>>(Reduce::LOGSUMEXP);
    set<Norm<T>>(Reduce::NORM);
  }
};

}  // namespace

void fill_reduce(Kernels& k) {
  using u64 = unsigned long long;  // wraps around
  Filler<float>{k, kF32}.floats();
  Filler<double>{k, kF64}.floats();
  Filler<int32_t>{k, kI32}.numbers<u64, u64, u64>();
  Filler<i64>{k, kI64}.numbers<u64, u64, u64>();
  // A block of bytes adds up to less than 2^32.
  Filler<uint8_t>{k, kU8}.numbers<uint32_t, u64, u64>();
  Filler<uint8_t>{k, kBool}.numbers<uint32_t, u64, u64>();
}

}  // namespace th::TH_ISA
