// Reduction inner loops, pairwise over fixed blocks. Compiled once for each instruction set.
#include "kernels.h"
#include "scalar.h"

namespace th::TH_ISA {
namespace {

template <class T>
struct Sum {
  static constexpr T kEmpty = 0;
  static T combine(T a, T b) { return a + b; }
};

template <class T>
struct Product {
  static constexpr T kEmpty = 1;
  static T combine(T a, T b) { return a * b; }
};

// A NaN wins.
template <class T>
struct Max {
  static constexpr T kEmpty = static_cast<T>(-__builtin_inf());
  static T combine(T a, T b) { return a > b || a != a ? a : b; }
};
template <class T>
struct Min {
  static constexpr T kEmpty = static_cast<T>(__builtin_inf());
  static T combine(T a, T b) { return a < b || a != a ? a : b; }
};

// Partial results of equal weight are combined two by two, as a binary counter carries: the tree is
// a function of how many are pushed, and its depth is the logarithm of that.
template <class T, class Op, int Width>
struct Tree {
  T level[48][Width];
  unsigned long long pushed = 0;
  int depth = 0;

  T* next() { return level[depth]; }

  // Takes the result that was written to next().
  void push(i64 width) {
    ++depth;
    for (unsigned long long carry = ++pushed; (carry & 1) == 0; carry >>= 1) merge(width);
  }

  void merge(i64 width) {
    T* a = level[depth - 2];
    const T* b = level[depth - 1];
    for (i64 j = 0; j < width; ++j) a[j] = Op::combine(a[j], b[j]);
    --depth;
  }

  const T* finish(i64 width) {
    while (depth > 1) merge(width);
    return level[0];
  }
};

constexpr int kLanes = 64;
constexpr i64 kLeaf = 1024;

// A block of at most kLeaf elements: kLanes running results, then halved.
template <class T, class Op, bool Contiguous>
T leaf(i64 n, const T* x, i64 step) {
  if (Contiguous) step = 1;
  T lane[kLanes];
  i64 i = 0;
  int width = n >= kLanes ? kLanes : 8;
  if (n >= kLanes) {
    for (int j = 0; j < kLanes; ++j) lane[j] = x[j * step];
    for (i = kLanes; i + kLanes <= n; i += kLanes)
      for (int j = 0; j < kLanes; ++j) lane[j] = Op::combine(lane[j], x[(i + j) * step]);
  } else {
    for (int j = 0; j < 8; ++j) lane[j] = Op::kEmpty;
  }
  // The rest goes to other lanes each time where there are any: one addition more for each of them.
  const int next = width == kLanes ? 8 : 0;
  for (int first = 0; i + 8 <= n; i += 8, first += next)
    for (int j = 0; j < 8; ++j) lane[first + j] = Op::combine(lane[first + j], x[(i + j) * step]);
  for (int j = 0; i < n; ++i, ++j) lane[j] = Op::combine(lane[j], x[i * step]);
  for (int half = width / 2; half > 0; half /= 2)
    for (int j = 0; j < half; ++j) lane[j] = Op::combine(lane[j], lane[j + half]);
  return lane[0];
}

template <class T, class Op>
T reduce(i64 n, const T* x, i64 step) {
  auto block = [&](i64 i, i64 m) {
    return step == 1 ? leaf<T, Op, true>(m, x + i, 1) : leaf<T, Op, false>(m, x + i * step, step);
  };
  if (n <= kLeaf) return block(0, n);
  Tree<T, Op, 1> tree;
  for (i64 i = 0; i < n; i += kLeaf) {
    *tree.next() = block(i, n - i < kLeaf ? n - i : kLeaf);
    tree.push(1);
  }
  return *tree.finish(1);
}

template <class T, class Op>
void row(i64 n, const void* x, i64 step, void* y) {
  *static_cast<T*>(y) = reduce<T, Op>(n, static_cast<const T*>(x), step);
}

// Columns in strips that stay in the first-level cache, rows in blocks of 16 under the tree.
template <class T, class Op>
void columns(i64 n, i64 count, const void* px, i64 stride, void* py) {
  constexpr int kStrip = 128;
  constexpr i64 kRows = 16;
  const T* x = static_cast<const T*>(px);
  T* y = static_cast<T*>(py);
  for (i64 c = 0; c < count; c += kStrip) {
    const i64 width = count - c < kStrip ? count - c : kStrip;
    Tree<T, Op, kStrip> tree;
    for (i64 i = 0; i < n; i += kRows) {
      const i64 rows = n - i < kRows ? n - i : kRows;
      T* __restrict sum = tree.next();
      for (i64 j = 0; j < width; ++j) sum[j] = x[i * stride + c + j];
      for (i64 r = 1; r < rows; ++r) {
        const T* line = x + (i + r) * stride + c;
        for (i64 j = 0; j < width; ++j) sum[j] = Op::combine(sum[j], line[j]);
      }
      tree.push(width);
    }
    if (n == 0) {
      for (i64 j = 0; j < width; ++j) y[c + j] = Op::kEmpty;
    } else {
      const T* sum = tree.finish(width);
      for (i64 j = 0; j < width; ++j) y[c + j] = sum[j];
    }
  }
}

// log Σ exp(x - m) + m with m the maximum; an infinite m shifts by 0, so all -inf is -inf.
template <class T>
void logsumexp(i64 n, const void* px, i64 step, void* py) {
  const T* x = static_cast<const T*>(px);
  const T max = reduce<T, Max<T>>(n, x, step);
  const T shift = max - max == 0 ? max : T(0);
  Tree<T, Sum<T>, 1> tree;
  for (i64 i = 0; i < n; i += kLanes) {
    T e[kLanes];
    const i64 m = n - i < kLanes ? n - i : kLanes;
    for (i64 j = 0; j < m; ++j) e[j] = exp_(x[(i + j) * step] - shift);
    *tree.next() = leaf<T, Sum<T>, true>(m, e, 1);
    tree.push(1);
  }
  const T sum = n == 0 ? T(0) : *tree.finish(1);
  *static_cast<T*>(py) = log_(sum) + shift;
}

// √Σx². Squares that overflow, or all but vanish, are taken again of x over the largest |x|.
template <class T>
void norm(i64 n, const void* px, i64 step, void* py) {
  const T* x = static_cast<const T*>(px);
  auto squares = [&](T scale) {
    Tree<T, Sum<T>, 1> tree;
    for (i64 i = 0; i < n; i += kLanes) {
      T e[kLanes];
      const i64 m = n - i < kLanes ? n - i : kLanes;
      for (i64 j = 0; j < m; ++j) {
        const T v = x[(i + j) * step] / scale;
        e[j] = v * v;
      }
      *tree.next() = leaf<T, Sum<T>, true>(m, e, 1);
      tree.push(1);
    }
    return n == 0 ? T(0) : *tree.finish(1);
  };
  constexpr T kSmall = sizeof(T) == 4 ? T(1e-24) : T(1e-280);
  T sum = squares(1), scale = 1;
  if (sum - sum != 0 || sum < kSmall) {
    scale = 0;
    for (i64 i = 0; i < n; ++i) {
      const T v = x[i * step], size = v < 0 ? -v : v;
      scale = Max<T>::combine(scale, size);
    }
    if (scale == 0 || scale - scale != 0) {
      *static_cast<T*>(py) = scale;
      return;
    }
    sum = squares(scale);
  }
  *static_cast<T*>(py) = sqrt_(sum) * scale;
}

// The first index of the extreme that Op gives; the first NaN where there is one.
template <class T, class Op>
void arg(i64 n, const void* px, i64 step, void* py) {
  const T* x = static_cast<const T*>(px);
  i64 best = 0;
  for (i64 i = 1; i < n; ++i) {
    const T value = x[i * step], so_far = x[best * step];
    if (so_far != so_far) break;
    if (value != so_far && Op::combine(so_far, value) != so_far) best = i;
  }
  *static_cast<i64*>(py) = best;
}

// exp(x - m) / Σ exp(x - m) with m the maximum, or x - m - log of the sum. -inf shifts by 0.
template <class T, bool Log>
void softmax(i64 n, const void* px, i64 sx, void* py, i64 sy) {
  const T* x = static_cast<const T*>(px);
  T* y = static_cast<T*>(py);
  const T max = reduce<T, Max<T>>(n, x, sx);
  const T shift = max == Max<T>::kEmpty ? T(0) : max;
  Tree<T, Sum<T>, 1> tree;
  for (i64 i = 0; i < n; i += kLanes) {
    T e[kLanes];
    const i64 m = n - i < kLanes ? n - i : kLanes;
    for (i64 j = 0; j < m; ++j) e[j] = exp_(x[(i + j) * sx] - shift);
    for (i64 j = 0; j < m; ++j) y[(i + j) * sy] = e[j];
    *tree.next() = leaf<T, Sum<T>, true>(m, e, 1);
    tree.push(1);
  }
  const T sum = n == 0 ? T(1) : *tree.finish(1), log = log_(sum);
  for (i64 i = 0; i < n; ++i) y[i * sy] = Log ? x[i * sx] - shift - log : y[i * sy] / sum;
}

// A is what it adds up in: double for float, whose own rounding would grow with the length.
template <class T, class A, class Y>
void cumsum(i64 n, const void* px, i64 sx, void* py, i64 sy) {
  const T* x = static_cast<const T*>(px);
  Y* y = static_cast<Y*>(py);
  A sum = 0;
  for (i64 i = 0; i < n; ++i) {
    sum += static_cast<A>(x[i * sx]);
    y[i * sy] = static_cast<Y>(sum);
  }
}

using u64 = unsigned long long;

// Sums and products of integers wrap around at 64 bits.
template <class T, class Op>
void integer_row(i64 n, const void* px, i64 step, void* py) {
  const T* x = static_cast<const T*>(px);
  u64 y = Op::kEmpty;
  for (i64 i = 0; i < n; ++i) y = Op::combine(y, static_cast<u64>(x[i * step]));
  *static_cast<i64*>(py) = static_cast<i64>(y);
}

// Of no element, Empty.
template <class T, class Op, int Empty>
void extreme_row(i64 n, const void* px, i64 step, void* py) {
  const T* x = static_cast<const T*>(px);
  T y = n == 0 ? static_cast<T>(Empty) : x[0];
  for (i64 i = 1; i < n; ++i) y = Op::combine(y, x[i * step]);
  *static_cast<T*>(py) = y;
}

template <class T>
void fill_integers(Kernels& k, int dtype) {
  auto set = [&](Reduce op, RowFn r) { k.row[dtype][static_cast<int>(op)] = r; };
  set(Reduce::SUM, integer_row<T, Sum<u64>>);
  set(Reduce::PROD, integer_row<T, Product<u64>>);
  set(Reduce::MAX, extreme_row<T, Max<T>, 0>);
  set(Reduce::MIN, extreme_row<T, Min<T>, 1>);
  set(Reduce::ARGMAX, arg<T, Max<T>>);
  set(Reduce::ARGMIN, arg<T, Min<T>>);
  k.cumsum[dtype] = cumsum<T, u64, i64>;
}

template <class T>
void fill_floats(Kernels& k, int dtype) {
  auto set = [&](Reduce op, RowFn r, ColumnsFn c) {
    k.row[dtype][static_cast<int>(op)] = r;
    k.columns[dtype][static_cast<int>(op)] = c;
  };
  set(Reduce::SUM, row<T, Sum<T>>, columns<T, Sum<T>>);
  set(Reduce::PROD, row<T, Product<T>>, columns<T, Product<T>>);
  set(Reduce::MAX, row<T, Max<T>>, columns<T, Max<T>>);
  set(Reduce::MIN, row<T, Min<T>>, columns<T, Min<T>>);
  set(Reduce::LOGSUMEXP, logsumexp<T>, nullptr);
  set(Reduce::NORM, norm<T>, nullptr);
  set(Reduce::ARGMAX, arg<T, Max<T>>, nullptr);
  set(Reduce::ARGMIN, arg<T, Min<T>>, nullptr);
  k.softmax[dtype] = softmax<T, false>;
  k.log_softmax[dtype] = softmax<T, true>;
  k.cumsum[dtype] = cumsum<T, double, T>;
}

}  // namespace

void fill_reduce(Kernels& k) {
  fill_floats<float>(k, kF32);
  fill_floats<double>(k, kF64);
  fill_integers<int32_t>(k, kI32);
  fill_integers<i64>(k, kI64);
  fill_integers<uint8_t>(k, kU8);
  fill_integers<uint8_t>(k, kBool);
}

}  // namespace th::TH_ISA
