// exp, log and what is made of them. One algorithm for both dtypes; the polynomials differ.
#pragma once

#include "numbers.h"

namespace th::TH_ISA {
namespace {

// ln 2 in two parts, of which the first times an exponent is exact.
template <class T>
constexpr Pair<T> kLn2;
template <>
constexpr Pair<float> kLn2<float> = {0x1.62e4p-1f, 0x1.7f7d1cp-20f};
template <>
constexpr Pair<double> kLn2<double> = {0x1.62e42fefap-1, 0x1.cf79abc9e3b3ap-40};

// (e^r - 1 - r)/r² on |r| <= 0.347. Error relative to e^r: 2^-28.2, 2^-57.6.
[[gnu::always_inline]] inline float exp_poly(float r) {
  return poly(r, 0x1.fffffcp-2f, 0x1.55548cp-3f, 0x1.55585ap-5f, 0x1.123d64p-7f, 0x1.6ab79ap-10f);
}
[[gnu::always_inline]] inline double exp_poly(double r) {
  return poly(r, 0x1.000000000000ap-1, 0x1.55555555555p-3, 0x1.55555555505f4p-5,
              0x1.111111112588bp-7, 0x1.6c16c184bcd8ap-10, 0x1.a01a013a864e9p-13,
              0x1.a019986a212b5p-16, 0x1.71def78aead08p-19, 0x1.28af0ad64c299p-22,
              0x1.add73763d2f6fp-26);
}

// log(1 + f) - f on √½ - 1 <= f <= √2 - 1. Error relative to log(1 + f): 2^-29.3, 2^-59.5.
[[gnu::always_inline]] inline float log_tail(float f) {
  const float p =
      poly(f, 0x1.555548p-2f, -0x1.00007p-2f, 0x1.99a54p-3f, -0x1.552f18p-3f, 0x1.23036ap-3f,
           -0x1.0103ccp-3f, 0x1.eff0fap-4f, -0x1.bf2c3ep-4f, 0x1.b5acdp-5f);
  const float z = f * f;
  return muladd(z * f, p, -0.5f * z);
}
// With s = f/(2 + f): log(1 + f) = 2 artanh s = f - f²/2 + s·(f²/2 + s²·P(s²)).
[[gnu::always_inline]] inline double log_tail(double f) {
  const double s = f / (2 + f), z = s * s, half = 0.5 * f * f;
  const double p =
      poly(z, 0x1.5555555555592p-1, 0x1.999999997ff17p-2, 0x1.24924941e1799p-2,
           0x1.c71c521431b2dp-3, 0x1.74663cf3fd57p-3, 0x1.39a1e81ec79afp-3, 0x1.2f03c0e0f0357p-3);
  return s * muladd(z, p, half) - half;
}

// e^x = 2^k·(1 + r + rest) with |r| < 0.347; k in two's complement.
template <class T>
struct Power {
  T r, rest;
  Bits<T> k;
};

// Of x + rest. |x| must not be large: callers cut it where the result is 0 or infinite.
template <class T>
[[gnu::always_inline]] inline Power<T> power_of_e(T x, T rest = 0) {
  constexpr Pair<T> ln2 = kLn2<T>;
  const Nearest<T> n = nearest(x * static_cast<T>(1.4426950408889634));
  const T a = muladd(-n.value, ln2.hi, x);  // exact, with fma or without
  const T b = muladd(n.value, ln2.lo, -rest);
  const T r = a - b;
  return {r, muladd(r * r, exp_poly(r), (a - r) - b), n.integer};
}

// 2^-k·e^x, between 0.7 and 1.42.
template <class T>
[[gnu::always_inline]] inline Pair<T> mantissa(Power<T> e) {
  const Pair<T> m = sum_of_larger(T(1), e.r);
  return sum_of_larger(m.hi, m.lo + e.rest);
}

// Where e^x is 0 in T, and where it is infinite.
template <class T>
constexpr T kExpZero = sizeof(T) == 4 ? T(-104) : T(-746);
template <class T>
constexpr T kExpInfinite = sizeof(T) == 4 ? T(89) : T(710);

// Up to here e^x and e^-x are normal numbers.
template <class T>
constexpr T kExpNormal = sizeof(T) == 4 ? T(87) : T(708);

// exp_ where e^x is normal, with the same bits.
template <class T>
[[gnu::always_inline]] inline T normal_exp(T x) {
  const Power<T> e = power_of_e(x);
  return mantissa(e).hi * power_of_two<T>(e.k + Format<T>::kBias);
}

template <class T>
[[gnu::always_inline]] inline T exp_(T x) {
  const Power<T> e = power_of_e(at_most(kExpInfinite<T>, at_least(kExpZero<T>, x)));
  return scale(mantissa(e).hi, e.k);
}

// 2^up·e^x where that is a normal number, within 0.9 ULP, or 1.2 where a·b + c is rounded twice:
// half the work of exp_.
template <int up, class T>
[[gnu::always_inline]] inline T quick_exp(T x) {
  constexpr Pair<T> ln2 = kLn2<T>;
  // The last bits of the sum are an exponent.
  constexpr T rounder = Format<T>::kRounder + Format<T>::kBias + up;
  const T t = muladd(x, static_cast<T>(1.4426950408889634), rounder), n = t - rounder;
  const T r = muladd(-n, ln2.lo, muladd(-n, ln2.hi, x));
  return muladd(r, muladd(r, exp_poly(r), T(1)), T(1)) * power_of_two<T>(to_bits(t));
}

// Half of e^x - 1: of all of it, the largest would not be finite while it is made.
template <class T>
[[gnu::always_inline]] inline Pair<T> half_expm1(T x) {
  const Power<T> e = power_of_e(x);
  const T p = power_of_two<T>(e.k + (Format<T>::kBias - 1));
  const Pair<T> integer = sum(p, T(-0.5)), s = sum_of_larger(integer.hi, p * e.r);
  return sum_of_larger(s.hi, muladd(p, e.rest, s.lo + integer.lo));
}

template <class T>
[[gnu::always_inline]] inline T expm1_(T x) {
  return with_sign(2 * half_expm1(at_most(kExpInfinite<T>, at_least(T(-40), x))).hi, x);
}

// log(2^e·(1 + f) + …), where the dots are `rest` times that.
template <class T>
[[gnu::always_inline]] inline T log_sum(T e, T f, T rest) {
  constexpr Pair<T> ln2 = kLn2<T>;
  const Pair<T> s = sum_of_larger(e * ln2.hi, f);
  return s.hi + (s.lo + (log_tail(f) + muladd(e, ln2.lo, rest)));
}

// x = 2^e·(1 + f) with √½ <= 1 + f < √2, for a normal x > 0.
template <class T>
struct Split {
  T e, f;
};
template <class T>
[[gnu::always_inline]] inline Split<T> split(T x) {
  constexpr int m = Format<T>::kMantissa, bias = Format<T>::kBias;
  constexpr Bits<T> one = Bits<T>{1} << m;
  const Bits<T> start = to_bits(static_cast<T>(0.7071067811865476));
  // Counted from 1 + bias below, so as not to be negative; and made a number by the bits of 2^m.
  const Bits<T> d = to_bits(x) - start + (bias + 1) * one;
  const Bits<T> integer = static_cast<Bits<T>>(m + bias) << m;
  const T e = from_bits(static_cast<Bits<T>>(d >> m | integer)) - static_cast<T>(one + bias + 1);
  return {e, from_bits(static_cast<Bits<T>>((d & (one - 1)) + start)) - 1};
}

// y for a finite x > 0, and else what the logarithm of x is by C's rules.
template <class T>
[[gnu::always_inline]] inline T log_or_special(T x, T y) {
  const T low = x == 0 ? -kInfinity<T> : kNaN<T>;
  return x > 0 ? (x < kInfinity<T> ? y : x) : low;
}

template <class T>
constexpr T kLeastNormal = sizeof(T) == 4 ? T(0x1p-126f) : T(0x1p-1022);

// log(2^e·(1 + f)). In float without a sum of double length: 1.1 ULP instead of 0.9, but two thirds
// of the time.
// log(1 + f) = f + f²·P(f), with an error of 2^-27.8 relative to it.
[[gnu::always_inline]] inline float log_of(float e, float f) {
  const float p = poly_by_pairs(f, -0x1.fffff8p-2f, 0x1.55555p-2f, -0x1.000438p-2f, 0x1.99a428p-3f,
                                -0x1.542402p-3f, 0x1.226b2ap-3f, -0x1.0f4f0ep-3f, 0x1.087e6p-3f,
                                -0x1.383ebcp-4f);
  return muladd(e, 0.6931471805599453f, muladd(f * f, p, f));
}
[[gnu::always_inline]] inline double log_of(double e, double f) { return log_sum(e, f, 0.0); }

// log_ of a positive normal number, with the same bits.
template <class T>
[[gnu::always_inline]] inline T normal_log(T x) {
  const Split<T> s = split(x);
  return log_of(s.e, s.f);
}

template <class T>
[[gnu::always_inline]] inline T log_(T x) {
  constexpr int m = Format<T>::kMantissa;
  const bool tiny = x < kLeastNormal<T>;
  const Split<T> s = split(tiny ? x * static_cast<T>(1LL << m) : x);
  return log_or_special(x, log_of(tiny ? s.e - m : s.e, s.f));
}

template <class T>
[[gnu::always_inline]] inline T log1p_(T x) {
  const T u = 1 + x;
  const T rest = x < 1 ? x - (u - 1) : 1 - (u - x);  // of 1 + x, exactly
  const Split<T> s = split(u);
  return with_sign(log_or_special(u, log_sum(s.e, s.f, rest / u)), x);
}

// x + x³·P(x²) up to 0.625, with an error of 2^-27.7 relative to it; then 1 - 2/(e^2x + 1), whose
// fraction is the smaller part.
[[gnu::always_inline]] inline float tanh_(float x) {
  const float a = magnitude(x), z = x * x;
  const float p = poly(z, -0x1.555532p-2f, 0x1.1106f6p-3f, -0x1.b835a4p-5f, 0x1.51f8cep-6f,
                       -0x1.750ce2p-8f);
  const float large = 1 - 2 / (quick_exp<0>(2 * at_most(10.0f, a)) + 1);  // 1 at 10
  return with_sign(a < 0.625f ? muladd(a * z, p, a) : large, x);
}
// E/(E + 2) with E = e^2x - 1, for x <= 0: a polynomial would have twice as many terms.
[[gnu::always_inline]] inline double tanh_(double x) {
  constexpr double one = -40;  // there it has become -1
  const Pair<double> h = half_expm1(at_least(one, -2 * magnitude(x)));
  const Pair<double> d = sum_of_larger(1.0, h.hi);
  return with_sign(quotient(h, {d.hi, d.lo + h.lo}).value(), x);
}

// exp_ for x <= 0.
template <class T>
[[gnu::always_inline]] inline T exp_of_negative(T x) {
  const Power<T> e = power_of_e(at_least(kExpZero<T>, x));
  return scale(mantissa(e).hi, e.k);
}

// 1/(1 + e^-x), or e^x/(1 + e^x), so that the power is at most 1.
template <class T>
[[gnu::always_inline]] inline T sigmoid_(T x) {
  const T p = exp_of_negative(-magnitude(x));
  return quotient({x < 0 ? p : T(1), 0}, sum_of_larger(T(1), p)).value();
}

template <class T>
[[gnu::always_inline]] inline T softplus_(T x) {
  return (x < 0 ? T(0) : x) + log1p_(exp_of_negative(-magnitude(x)));
}

// (sinh x - x)/x³ in z = x² <= 1. Error relative to sinh x: 2^-31.6, 2^-61.8.
[[gnu::always_inline]] inline float sinh_poly(float z) {
  return poly(z, 0x1.555556p-3f, 0x1.1110ep-7f, 0x1.a022bcp-13f, 0x1.756c1ep-19f);
}
[[gnu::always_inline]] inline double sinh_poly(double z) {
  return poly(z, 0x1.5555555555556p-3, 0x1.111111111101ep-7, 0x1.a01a01a03726ap-13,
              0x1.71de3a3b06a26p-19, 0x1.ae646ff52d9b8p-26, 0x1.6116f48dd2c7p-33,
              0x1.b5c89e74371f3p-41);
}

// (e^x + sign·e^-x)/2 for x >= 0.
template <class T>
[[gnu::always_inline]] inline T half_of_powers(T x, T sign) {
  constexpr T infinite = sizeof(T) == 4 ? T(90) : T(711);
  const Power<T> e = power_of_e(at_most(infinite, x));
  const Pair<T> m = mantissa(e);
  // 2^(3-k), whose square may well be 0.
  const T j = power_of_two<T>(Format<T>::kBias + 3 - e.k);
  const Pair<T> s = sum_of_larger(m.hi, sign * (j * j) * (T(0x1p-6) / m.hi));
  return scale(s.hi + (s.lo + m.lo), e.k - 1);
}

template <class T>
[[gnu::always_inline]] inline T sinh_(T x) {
  const T a = magnitude(x), z = x * x;
  return with_sign(a < 1 ? muladd(a * z, sinh_poly(z), a) : half_of_powers(a, T(-1)), x);
}

template <class T>
[[gnu::always_inline]] inline T cosh_(T x) {
  return half_of_powers(magnitude(x), T(1));
}

}  // namespace
}  // namespace th::TH_ISA
