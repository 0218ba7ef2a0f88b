// Inner loops that give a result for each element along an axis: softmax and running sums. Compiled
// once for each instruction set.
#include "fold.h"

namespace th::TH_ISA {
namespace {

// The other way round of gather.
template <class T>
void scatter(i64 n, const T* x, T* __restrict y, i64 step) {
  for (i64 i = 0; i < n; ++i) y[i * step] = x[i];
}

// 2^up·e^x for x <= 0, quickly: the last bits of exp_ would be lost among the other roundings. The
// power keeps what is far below the largest from underflowing before it is divided by the sum: what
// is cut off here is 0 then, in either type.
template <class T>
constexpr int kUp = Format<T>::kBias / 2;

template <class T>
[[gnu::always_inline]] inline T scaled_exp(T x) {
  constexpr T low = static_cast<T>(-0.69 * (Format<T>::kBias + kUp<T> - 1));
  return quick_exp<kUp<T>>(at_least(low, x));
}

// y = scaled_exp(x - shift); gives the sum of that.
template <class T>
T exponentials(i64 n, const T* x, T shift, T* __restrict y) {
  for (i64 i = 0; i < n; ++i) y[i] = scaled_exp(x[i] - shift);
  return leaf<Sum>(n, y, As<T>());
}

// exp(x - m) / Σ exp(x - m) with m the maximum, so that no exponential overflows. A NaN need not
// win it, as it makes their sum NaN.
template <class T>
void softmax_row(i64 n, const T* x, i64 sx, T* __restrict y, i64 sy) {
  const T shift = fold_row<Larger, T>(Axes{1, {n}, {sx}}, x, As<T>());
  T memory[kLevels];
  Tree<T, Sum> tree(memory, 1);
  for (i64 i = 0; i < n; i += kLeaf) {
    const i64 m = n - i < kLeaf ? n - i : kLeaf;
    T from[kLeaf], e[kLeaf];
    const T* const in = sx == 1 ? x + i : gather(m, x + i * sx, sx, from);
    *tree.next() = exponentials(m, in, shift, sy == 1 ? y + i : e);
    tree.push();
    if (sy != 1) scatter(m, e, y + i * sy, sy);
  }
  T sum;
  tree.finish(&sum);
  const T factor = 1 / sum;
  if (sy == 1) {
    for (i64 i = 0; i < n; ++i) y[i] *= factor;
  } else {
    for (i64 i = 0; i < n; ++i) y[i * sy] *= factor;
  }
}

template <class T>
T log_of_scaled(T sum) {
  return log_(sum * power_of_two<T>(Format<T>::kBias - kUp<T>));
}

// x - m - log Σ exp(x - m).
template <class T>
void log_softmax_row(i64 n, const T* x, i64 sx, T* __restrict y, i64 sy) {
  const Axes line{1, {n}, {sx}};
  const T shift = fold_row<Larger, T>(line, x, As<T>());
  const T sum = fold_row<Sum, T>(line, x, [&](T v, i64) { return scaled_exp(v - shift); });
  const T log = log_of_scaled(sum);
  if (sx == 1 && sy == 1) {
    for (i64 i = 0; i < n; ++i) y[i] = x[i] - shift - log;
  } else {
    for (i64 i = 0; i < n; ++i) y[i * sy] = x[i * sx] - shift - log;
  }
}

template <class T, bool Log>
void softmax_rows(i64 n, const void* px, i64 sx, void* py, i64 sy, i64 rows, i64 rx, i64 ry) {
  for (i64 row = 0; row < rows; ++row) {
    const T* x = static_cast<const T*>(px) + row * rx;
    T* y = static_cast<T*>(py) + row * ry;
    if (Log) {
      log_softmax_row(n, x, sx, y, sy);
    } else {
      softmax_row(n, x, sx, y, sy);
    }
  }
}

// y[j * cy] = f(x[j * cx], j), by way of copies that lie one after another where they do not.
template <class X, class Y, class F>
void map_line(i64 width, const X* x, i64 cx, Y* __restrict y, i64 cy, F f) {
  X from[kStrip];
  if (cx != 1) x = gather(width, x, cx, from);
  if (cy == 1) {
    for (i64 j = 0; j < width; ++j) y[j] = f(x[j], j);
  } else {
    Y to[kStrip];
    for (i64 j = 0; j < width; ++j) to[j] = f(x[j], j);
    scatter(width, to, y, cy);
  }
}

// The same as in rows, of a strip of columns side by side, cx and cy apart.
template <class T>
void softmax_strip(i64 n, const T* x, i64 sx, T* y, i64 sy, i64 width, i64 cx, i64 cy) {
  T shift[kStrip], factor[kStrip];
  fold_strip<Larger>(Axes{1, {n}, {sx}}, width, x, cx, As<T>(), shift);
  T memory[kTree / sizeof(T)];
  Tree<T, Sum> tree(memory, width);
  for (i64 i = 0; i < n;) {
    T running[kStrip] = {}, e[kStrip];
    for (const i64 end = n - i < kRows ? n : i + kRows; i < end; ++i) {
      T* const to = cy == 1 ? y + i * sy : e;
      map_line(width, x + i * sx, cx, to, 1, [&](T v, i64 j) { return scaled_exp(v - shift[j]); });
      for (i64 j = 0; j < width; ++j) running[j] += to[j];
      if (cy != 1) scatter(width, e, y + i * sy, cy);
    }
    T* const partial = tree.next();
    for (i64 j = 0; j < width; ++j) partial[j] = running[j];
    tree.push();
  }
  tree.finish(factor);
  for (i64 j = 0; j < width; ++j) factor[j] = 1 / factor[j];
  for (i64 i = 0; i < n; ++i) {
    T* const line = y + i * sy;
    if (cy == 1) {
      for (i64 j = 0; j < width; ++j) line[j] *= factor[j];
    } else {
      for (i64 j = 0; j < width; ++j) line[j * cy] *= factor[j];
    }
  }
}

template <class T>
void log_softmax_strip(i64 n, const T* x, i64 sx, T* y, i64 sy, i64 width, i64 cx, i64 cy) {
  const Axes line{1, {n}, {sx}};
  T shift[kStrip], log[kStrip];
  fold_strip<Larger>(line, width, x, cx, As<T>(), shift);
  fold_strip<Sum>(line, width, x, cx, [&](T v, i64 j) { return scaled_exp(v - shift[j]); }, log);
  for (i64 j = 0; j < width; ++j) log[j] = log_of_scaled(log[j]);
  for (i64 i = 0; i < n; ++i)
    map_line(width, x + i * sx, cx, y + i * sy, cy,
             [&](T v, i64 j) { return v - shift[j] - log[j]; });
}

template <class T, bool Log>
void softmax_columns(i64 n, const void* px, i64 sx, void* py, i64 sy, i64 columns, i64 cx, i64 cy) {
  const i64 most = columns_at_once<T>(n);
  for (i64 first = 0; first < columns; first += most) {
    const i64 width = columns - first < most ? columns - first : most;
    const T* x = static_cast<const T*>(px) + first * cx;
    T* y = static_cast<T*>(py) + first * cy;
    if (Log) {
      log_softmax_strip(n, x, sx, y, sy, width, cx, cy);
    } else {
      softmax_strip(n, x, sx, y, sy, width, cx, cy);
    }
  }
}

// A is what is added up in: double for float, whose own rounding would grow with the length.
template <class T, class A, class Y>
void cumsum_rows(i64 n, const void* px, i64 sx, void* py, i64 sy, i64 rows, i64 rx, i64 ry) {
  for (i64 row = 0; row < rows; ++row) {
    const T* x = static_cast<const T*>(px) + row * rx;
    Y* y = static_cast<Y*>(py) + row * ry;
    A sum = 0;
    for (i64 i = 0; i < n; ++i) {
      sum += static_cast<A>(x[i * sx]);
      y[i * sy] = static_cast<Y>(sum);
    }
  }
}

template <class T, class A, class Y>
void cumsum_columns(i64 n, const void* px, i64 sx, void* py, i64 sy, i64 columns, i64 cx, i64 cy) {
  for (i64 first = 0; first < columns; first += kStrip) {
    const i64 width = columns - first < kStrip ? columns - first : kStrip;
    const T* x = static_cast<const T*>(px) + first * cx;
    Y* y = static_cast<Y*>(py) + first * cy;
    A sum[kStrip] = {};
    T from[kStrip];
    for (i64 i = 0; i < n; ++i) {
      const T* const in = cx == 1 ? x + i * sx : gather(width, x + i * sx, cx, from);
      for (i64 j = 0; j < width; ++j) sum[j] += static_cast<A>(in[j]);
      Y* __restrict out = y + i * sy;
      if (cy == 1) {
        for (i64 j = 0; j < width; ++j) out[j] = static_cast<Y>(sum[j]);
      } else {
        for (i64 j = 0; j < width; ++j) out[j * cy] = static_cast<Y>(sum[j]);
      }
    }
  }
}

template <class T, class A, class Y>
void fill_cumsum(Kernels& k, int dtype) {
  k.cumsum[dtype] = {cumsum_rows<T, A, Y>, cumsum_columns<T, A, Y>};
}

template <class T>
void fill_softmax(Kernels& k, int dtype) {
  k.softmax[0][dtype] = {softmax_rows<T, false>, softmax_columns<T, false>};
  k.softmax[1][dtype] = {softmax_rows<T, true>, softmax_columns<T, true>};
}

}  // namespace

void fill_scan(Kernels& k) {
  using u64 = unsigned long long;  // wraps around
  fill_softmax<float>(k, kF32);
  fill_softmax<double>(k, kF64);
  fill_cumsum<float, double, float>(k, kF32);
  fill_cumsum<double, double, double>(k, kF64);
  fill_cumsum<int32_t, u64, i64>(k, kI32);
  fill_cumsum<i64, u64, i64>(k, kI64);
  fill_cumsum<uint8_t, u64, i64>(k, kU8);
  fill_cumsum<uint8_t, u64, i64>(k, kBool);
}

}  // namespace th::TH_ISA
