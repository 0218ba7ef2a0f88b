// What elementary functions are made of: the bits of floating-point numbers, products and sums with
// the part that rounding takes away, polynomials. Included only by files that are compiled once for
// each instruction set, inside that set's namespace, so nothing here has external linkage.
//
// All of it is free of branches, so that loops over it are vectorised, also with SSE2 alone: no
// comparison and no signed shift of 64-bit integers, no conversion of them, no rounding
// instruction. Always inlined, since a call would end that.
#pragma once

#include <math.h>
#include <stdint.h>

namespace th::TH_ISA {
namespace {

template <class T>
struct Format;
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int kWidth = 32, kMantissa = 23, kBias = 127;
  static constexpr float kRounder = 0x1.8p23f;  // x + kRounder has no fraction
};
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int kWidth = 64, kMantissa = 52, kBias = 1023;
  static constexpr double kRounder = 0x1.8p52;
};
template <class T>
using Bits = typename Format<T>::Bits;

template <class T>
constexpr T kInfinity = static_cast<T>(__builtin_inf());
template <class T>
constexpr T kNaN = static_cast<T>(__builtin_nan(""));

[[gnu::always_inline]] inline uint32_t to_bits(float x) { return __builtin_bit_cast(uint32_t, x); }
[[gnu::always_inline]] inline uint64_t to_bits(double x) { return __builtin_bit_cast(uint64_t, x); }
[[gnu::always_inline]] inline float from_bits(uint32_t b) { return __builtin_bit_cast(float, b); }
[[gnu::always_inline]] inline double from_bits(uint64_t b) { return __builtin_bit_cast(double, b); }

// 2^(k - bias), for 0 < k < 2·bias + 1.
template <class T>
[[gnu::always_inline]] inline T power_of_two(Bits<T> k) {
  return from_bits(static_cast<Bits<T>>(k << Format<T>::kMantissa));
}

// y·2^k with one rounding, where k may be anything between -2·bias and 2·bias (in two's
// complement).
template <class T>
[[gnu::always_inline]] inline T scale(T y, Bits<T> k) {
  const Bits<T> twice = k + 2 * Format<T>::kBias;
  const Bits<T> half = twice >> 1;
  return y * power_of_two<T>(half) * power_of_two<T>(twice - half);
}

[[gnu::always_inline]] inline float magnitude(float x) { return __builtin_fabsf(x); }
[[gnu::always_inline]] inline double magnitude(double x) { return __builtin_fabs(x); }

// |y| with the sign of x.
[[gnu::always_inline]] inline float with_sign(float y, float x) {
  return __builtin_copysignf(y, x);
}
[[gnu::always_inline]] inline double with_sign(double y, double x) {
  return __builtin_copysign(y, x);
}

template <class T>
[[gnu::always_inline]] inline bool is_negative(T x) {  // -0, too
  return with_sign(T(1), x) < 0;
}

template <class T>
[[gnu::always_inline]] inline bool is_odd(T, Bits<T> k) {
  return from_bits(static_cast<Bits<T>>(k << (Format<T>::kWidth - 1) | to_bits(T(1)))) < 0;
}

// x, or the bound that it is beyond; NaN stays NaN.
template <class T>
[[gnu::always_inline]] inline T at_least(T low, T x) {
  return x < low ? low : x;
}
template <class T>
[[gnu::always_inline]] inline T at_most(T high, T x) {
  return x > high ? high : x;
}

// The nearest integer to an x below 2^22 (2^51), as a number and as an integer.
template <class T>
struct Nearest {
  T value;
  Bits<T> integer;
};
template <class T>
[[gnu::always_inline]] inline Nearest<T> nearest(T x) {
  constexpr T rounder = Format<T>::kRounder;
  const T t = x + rounder;
  return {t - rounder, static_cast<Bits<T>>(to_bits(t) - to_bits(rounder))};
}

#if defined(__FMA__) || defined(__aarch64__) || defined(_M_ARM64)
constexpr bool kFma = true;
#else
constexpr bool kFma = false;
#endif

// a·b + c, rounded once where the instruction set can.
[[gnu::always_inline]] inline float muladd(float a, float b, float c) {
  if constexpr (kFma) return __builtin_fmaf(a, b, c);
  return a * b + c;
}
[[gnu::always_inline]] inline double muladd(double a, double b, double c) {
  if constexpr (kFma) return __builtin_fma(a, b, c);
  return a * b + c;
}

// a·b - p exactly, for p near a·b.
[[gnu::always_inline]] inline float product_rest(float a, float b, float p) {
  if constexpr (kFma) return __builtin_fmaf(a, b, -p);
  return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) -
                            static_cast<double>(p));
}
[[gnu::always_inline]] inline double product_rest(double a, double b, double p) {
  if constexpr (kFma) return __builtin_fma(a, b, -p);
  // Dekker: halves of 26 bits have exact products.
  const double ca = 0x1.0000002p27 * a, ah = ca - (ca - a), al = a - ah;
  const double cb = 0x1.0000002p27 * b, bh = cb - (cb - b), bl = b - bh;
  return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
}

// c0 + c1·x + c2·x² + …
template <class T>
[[gnu::always_inline]] inline T poly(T, T c0) {
  return c0;
}
template <class T, class... Rest>
[[gnu::always_inline]] inline T poly(T x, T c0, Rest... rest) {
  return muladd(poly(x, rest...), x, c0);
}

// The same as the sum of (c0 + c1·x), (c2 + c3·x)·x², …: a shorter chain of operations that wait
// for each other, at a multiplication more for each halving.
template <class T, int n>
struct Coefficients {
  T c[n];
};
template <class T, int n>
[[gnu::always_inline]] inline T sum_by_pairs(T x, Coefficients<T, n> a) {
  if constexpr (n == 1) {
    return a.c[0];
  } else {
    Coefficients<T, (n + 1) / 2> pairs;
    for (int i = 0; i < n / 2; ++i) pairs.c[i] = muladd(a.c[2 * i + 1], x, a.c[2 * i]);
    if constexpr (n % 2 == 1) pairs.c[n / 2] = a.c[n - 1];
    return sum_by_pairs(x * x, pairs);
  }
}
template <class T, class... Rest>
[[gnu::always_inline]] inline T poly_by_pairs(T x, T c0, Rest... rest) {
  return sum_by_pairs(x, Coefficients<T, 1 + sizeof...(rest)>{{c0, rest...}});
}

// hi + lo, where lo is at most about a unit in the last place of hi.
template <class T>
struct Pair {
  T hi, lo;
  [[gnu::always_inline]] T value() const { return hi + lo; }
};

// a + b exactly; sum_of_larger if a is 0 or |a| >= |b|.
template <class T>
[[gnu::always_inline]] inline Pair<T> sum_of_larger(T a, T b) {
  const T s = a + b;
  return {s, b - (s - a)};
}
template <class T>
[[gnu::always_inline]] inline Pair<T> sum(T a, T b) {
  const T s = a + b, part = s - a;
  return {s, (a - (s - part)) + (b - part)};
}
template <class T>
[[gnu::always_inline]] inline Pair<T> product(T a, T b) {
  const T p = a * b;
  return {p, product_rest(a, b, p)};
}
template <class T>
[[gnu::always_inline]] inline Pair<T> product(Pair<T> a, Pair<T> b) {
  const Pair<T> p = product(a.hi, b.hi);
  return {p.hi, p.lo + muladd(a.hi, b.lo, a.lo * b.hi)};
}
template <class T>
[[gnu::always_inline]] inline Pair<T> quotient(Pair<T> a, Pair<T> b) {
  const T inverse = 1 / b.hi, q = a.hi * inverse;
  return {q, muladd(-q, b.lo, a.lo - product_rest(q, b.hi, a.hi)) * inverse};
}

}  // namespace
}  // namespace th::TH_ISA
