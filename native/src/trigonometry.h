// sin, cos, tan and their inverses. One algorithm for both dtypes; the polynomials differ.
#pragma once

#include "numbers.h"

namespace th::TH_ISA {
namespace {

// Up to here sin_, cos_ and tan_ are right, and they are wrong beyond: kernels ask the C library
// there, which reduces such an x by hundreds of digits of π (far_sin and so on).
template <class T>
constexpr T kNear = sizeof(T) == 4 ? T(0x1p24) : T(0x1p22);

inline float far_sin(float x) { return ::sinf(x); }
inline double far_sin(double x) { return ::sin(x); }
inline float far_cos(float x) { return ::cosf(x); }
inline double far_cos(double x) { return ::cos(x); }
inline float far_tan(float x) { return static_cast<float>(::tan(static_cast<double>(x))); }
inline double far_tan(double x) { return ::tan(x); }

// π/2 in two parts.
template <class T>
constexpr Pair<T> kQuarterTurn;
template <>
constexpr Pair<float> kQuarterTurn<float> = {0x1.921fb6p0f, -0x1.777a5cp-25f};
template <>
constexpr Pair<double> kQuarterTurn<double> = {0x1.921fb54442d18p0, 0x1.1a62633145c07p-54};

// x = n·π/2 + r with |r| <= π/4.
template <class T>
struct Angle {
  Pair<T> r;
  Bits<T> n;
};

// In double: n times the first 27 bits of π/2 is exact.
[[gnu::always_inline]] inline Angle<float> reduce(float x) {
  const double d = static_cast<double>(x);
  const Nearest<double> n = nearest(d * 0x1.45f306dc9c883p-1);
  const double r = (d - n.value * 0x1.921fb54p0) - n.value * 0x1.10b4611a62633p-30;
  const float hi = static_cast<float>(r);
  return {{hi, static_cast<float>(r - static_cast<double>(hi))}, static_cast<uint32_t>(n.integer)};
}

// n times each of three parts of 31 bits is exact.
[[gnu::always_inline]] inline Angle<double> reduce(double x) {
  const Nearest<double> n = nearest(x * 0x1.45f306dc9c883p-1);
  const Pair<double> a = sum(x - n.value * 0x1.921fb544p0, n.value * -0x1.0b4611a4p-34);
  const Pair<double> b = sum(a.hi, n.value * -0x1.13198a2cp-65);
  return {sum_of_larger(b.hi, (a.lo + b.lo) - n.value * 0x1.01b839a25204ap-96), n.integer};
}

// (sin r - r)/r³ in z = r², |r| <= π/4. Error relative to sin r: 2^-27.9, 2^-57.9.
[[gnu::always_inline]] inline float sin_poly(float z) {
  return poly(z, -0x1.555546p-3f, 0x1.110778p-7f, -0x1.995406p-13f);
}
[[gnu::always_inline]] inline double sin_poly(double z) {
  return poly(z, -0x1.5555555555548p-3, 0x1.111111110f73p-7, -0x1.a01a019be9214p-13,
              0x1.71de35552ac4p-19, -0x1.ae5e4b8314397p-26, 0x1.5d8b553c4a722p-33);
}

// (cos r - 1 + r²/2)/r⁴ in z = r². Error relative to cos r: 2^-33.0, 2^-63.9.
[[gnu::always_inline]] inline float cos_poly(float z) {
  return poly(z, 0x1.55554ap-5f, -0x1.6c0c28p-10f, 0x1.99e80cp-16f);
}
[[gnu::always_inline]] inline double cos_poly(double z) {
  return poly(z, 0x1.555555555554bp-5, -0x1.6c16c16c15015p-10, 0x1.a01a019c8f244p-16,
              -0x1.27e4f7f18fa7fp-22, 0x1.1ee9dbcd3f338p-29, -0x1.8fa683505ec8cp-37);
}

template <class T>
[[gnu::always_inline]] inline Pair<T> sin_near_0(Pair<T> r) {
  const T z = r.hi * r.hi;
  return sum_of_larger(r.hi, muladd(r.hi * z, sin_poly(z), muladd(T(-0.5) * z, r.lo, r.lo)));
}
template <class T>
[[gnu::always_inline]] inline Pair<T> cos_near_0(Pair<T> r) {
  const T z = r.hi * r.hi, half = T(0.5) * z;
  const T w = 1 - half;
  return sum_of_larger(w, ((1 - w) - half) + muladd(z * z, cos_poly(z), -r.hi * r.lo));
}

// 1 or -1 by the highest bit.
template <class T>
[[gnu::always_inline]] inline T sign_of(T, Bits<T> b) {
  return with_sign(T(1), from_bits(b));
}

// sin x, in the n-th quadrant of where it is.
template <class T>
[[gnu::always_inline]] inline T sin_in_quadrant(Pair<T> r, Bits<T> n) {
  const T s = sin_near_0(r).hi, c = cos_near_0(r).hi;
  return (is_odd(s, n) ? c : s) * sign_of(s, static_cast<Bits<T>>(n << (Format<T>::kWidth - 2)));
}

template <class T>
[[gnu::always_inline]] inline T sin_(T x) {
  const Angle<T> a = reduce(magnitude(x));
  return sin_in_quadrant(a.r, a.n) * with_sign(T(1), x);
}

template <class T>
[[gnu::always_inline]] inline T cos_(T x) {
  const Angle<T> a = reduce(magnitude(x));
  return sin_in_quadrant(a.r, a.n + 1);
}

template <class T>
[[gnu::always_inline]] inline T tan_(T x) {
  const Angle<T> a = reduce(magnitude(x));
  const Pair<T> s = sin_near_0(a.r), c = cos_near_0(a.r);
  const bool odd = is_odd(x, a.n);
  const Pair<T> up = {odd ? -c.hi : s.hi, odd ? -c.lo : s.lo};
  const Pair<T> down = {odd ? s.hi : c.hi, odd ? s.lo : c.lo};
  return quotient(up, down).value() * with_sign(T(1), x);
}

// (asin s - s)/s³ in z = s² <= 1/4. Error relative to asin s: 2^-27.6, 2^-59.8.
[[gnu::always_inline]] inline float asin_poly(float z) {
  return poly(z, 0x1.5555c8p-3f, 0x1.330204p-4f, 0x1.747bb8p-5f, 0x1.8c3e52p-6f, 0x1.595c5cp-5f);
}
[[gnu::always_inline]] inline double asin_poly(double z) {
  return poly(z, 0x1.5555555555577p-3, 0x1.333333332e13p-4, 0x1.6db6db7212768p-5,
              0x1.f1c71a94ed6dfp-6, 0x1.6e8bdee0d347cp-6, 0x1.1c49f05327666p-6,
              0x1.ca1f8e4b153aap-7, 0x1.7585830c7560cp-7, 0x1.613caf7e8336bp-7,
              0x1.e5f393b00db9dp-9, 0x1.639d019aa3f9p-6, -0x1.57fe3a8e7d5efp-6,
              0x1.0b46f521f509bp-5);
}

// asin |x| or, where |x| > 1/2, asin √((1 - |x|)/2) = (π/2 - asin |x|)/2; the greater part first.
template <class T>
struct Arc {
  T s, rest;
};
template <class T>
[[gnu::always_inline]] inline Arc<T> arc(T a) {
  const T z = a > T(0.5) ? T(0.5) * (1 - a) : a * a;
  const T root = sizeof(T) == 4 ? static_cast<T>(__builtin_sqrtf(static_cast<float>(z)))
                                : static_cast<T>(__builtin_sqrt(static_cast<double>(z)));
  const T s = a > T(0.5) ? root : a;
  return {s, s * z * asin_poly(z)};
}

// base + factor·asin s.
template <class T>
[[gnu::always_inline]] inline T add_arc(Pair<T> base, T factor, Arc<T> a) {
  const Pair<T> s = sum_of_larger(base.hi, factor * a.s);
  return s.hi + (s.lo + muladd(factor, a.rest, base.lo));
}

template <class T>
[[gnu::always_inline]] inline T asin_(T x) {
  constexpr Pair<T> quarter = kQuarterTurn<T>;
  const T a = magnitude(x);
  const bool large = a > T(0.5);
  const Pair<T> base = {large ? quarter.hi : T(0), large ? quarter.lo : T(0)};
  return with_sign(add_arc(base, large ? T(-2) : T(1), arc(a)), x);
}

template <class T>
[[gnu::always_inline]] inline T acos_(T x) {
  constexpr Pair<T> quarter = kQuarterTurn<T>;
  const T a = magnitude(x);
  const T turns = a > T(0.5) ? (x > 0 ? T(0) : T(2)) : T(1);
  const T factor = a > T(0.5) ? with_sign(T(2), x) : with_sign(T(1), -x);
  return add_arc({turns * quarter.hi, turns * quarter.lo}, factor, arc(a));
}

// (atan t - t)/t³ in z = t², |t| <= tan(π/8). Error relative to atan t: 2^-30.4, 2^-59.4.
[[gnu::always_inline]] inline float atan_poly(float z) {
  return poly(z, -0x1.55554ap-2f, 0x1.9991e2p-3f, -0x1.23b9a2p-3f, 0x1.b22456p-4f, -0x1.f2e5a6p-5f);
}
[[gnu::always_inline]] inline double atan_poly(double z) {
  return poly(z, -0x1.555555555553dp-2, 0x1.9999999995867p-3, -0x1.24924922ad3ebp-3,
              0x1.c71c70e5ffc31p-4, -0x1.745cf8da8af32p-4, 0x1.3b1118fb6b0b1p-4,
              -0x1.10ebb6e94114ep-4, 0x1.df0f394666af8p-5, -0x1.9cd275f10e38fp-5,
              0x1.37d509f7ed252p-5, -0x1.25693e5434af7p-6);
}

// atan(a/b) for a, b >= 0, turned by 0, π/4 or π/2 to where it is small: (b, a) becomes
// (c·b + s·a, c·a - s·b) with s and c either 0 or 1.
template <class T>
[[gnu::always_inline]] inline Pair<T> atan_of_ratio(T a, T b) {
  constexpr Pair<T> quarter = kQuarterTurn<T>;
  const T c = a > static_cast<T>(2.414213562373095) * b ? T(0) : T(1);
  const T s = a < static_cast<T>(0.41421356237309503) * b ? T(0) : T(1);
  const T turns = T(0.5) * (1 + s - c);
  const Pair<T> t = quotient(sum(c * a, -s * b), sum(c * b, s * a));
  const T z = t.hi * t.hi;
  const T tail = muladd(t.hi * z, atan_poly(z), muladd(-z, t.lo, t.lo));
  const Pair<T> y = sum_of_larger(turns * quarter.hi, t.hi);
  return sum_of_larger(y.hi, y.lo + muladd(turns, quarter.lo, tail));
}

template <class T>
[[gnu::always_inline]] inline T atan_(T x) {
  constexpr T infinite = sizeof(T) == 4 ? T(0x1p30) : T(0x1p60);  // there it has become π/2
  return with_sign(atan_of_ratio(at_most(infinite, magnitude(x)), T(1)).hi, x);
}

// The angle of (x, y), -π..π.
template <class T>
[[gnu::always_inline]] inline T atan2_(T y, T x) {
  constexpr int m = Format<T>::kMantissa;
  constexpr Bits<T> exponent = Bits<T>{2 * Format<T>::kBias + 1} << m;
  constexpr T tiny = sizeof(T) == 4 ? T(0x1p-90f) : T(0x1p-900), grow = 1 / tiny;
  T a = magnitude(y), b = magnitude(x);
  const T larger = a > b ? a : b;
  const bool infinite = larger == kInfinity<T>;
  const T factor = larger < tiny ? grow : T(1);
  a = infinite ? (a == kInfinity<T> ? T(1) : T(0)) : a * factor;
  b = infinite ? (b == kInfinity<T> ? T(1) : T(0)) : larger == 0 ? T(1) : b * factor;
  // Both by a power of two, after which the larger one is between 2 and 4.
  const T size = a > b ? a : b;
  const T unit = from_bits(
      static_cast<Bits<T>>((Bits<T>{2 * Format<T>::kBias + 1} << m) - (to_bits(size) & exponent)));
  const Pair<T> r = atan_of_ratio(a * unit, b * unit);
  constexpr Pair<T> half = {2 * kQuarterTurn<T>.hi, 2 * kQuarterTurn<T>.lo};
  const Pair<T> s = sum_of_larger(half.hi, -r.hi);
  const T angle = is_negative(x) ? s.hi + (s.lo + (half.lo - r.lo)) : r.hi;
  return (x != x) | (y != y) ? x + y : with_sign(angle, y);
}

}  // namespace
}  // namespace th::TH_ISA
