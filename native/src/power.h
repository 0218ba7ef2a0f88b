// a^b. The logarithm needs more digits than the result has, since b may be large.
#pragma once

#include "exponential.h"

namespace th::TH_ISA {
namespace {

// log(1 + f) = 2s + 2/3·s³ + s⁵·P(s²) with s = f/(2 + f): P, with an error of 2^-66.3 relative to
// log(1 + f).
[[gnu::always_inline]] inline double log_rest_poly(double z) {
  return poly(z, 0x1.9999999999b2fp-2, 0x1.2492492457f32p-2, 0x1.c71c722d3f4acp-3,
              0x1.745ce9f017d78p-3, 0x1.3b1ee9dc121cep-3, 0x1.0f801a0a5662fp-3,
              0x1.0e40ffe085a22p-3);
}

// log x to about 2^-65 of it, for a finite x > 0.
[[gnu::always_inline]] inline Pair<double> log_in_pair(double x) {
  constexpr Pair<double> ln2 = kLn2<double>;
  constexpr Pair<double> two_thirds = {0x1.5555555555555p-1, 0x1.5555555555555p-55};
  const bool tiny = x < 0x1p-1022;
  const Split<double> p = split(tiny ? x * 0x1p52 : x);
  const double e = tiny ? p.e - 52 : p.e;
  const Pair<double> s = quotient({p.f, 0}, sum_of_larger(2.0, p.f));
  const Pair<double> z = product(s, s), cube = product(s, z), c = product(two_thirds, cube);
  const Pair<double> a = sum_of_larger(e * ln2.hi, 2 * s.hi), b = sum_of_larger(a.hi, c.hi);
  const double rest = muladd(cube.hi * z.hi, log_rest_poly(z.hi), c.lo);
  return sum_of_larger(b.hi, b.lo + (a.lo + muladd(2.0, s.lo, muladd(e, ln2.lo, rest))));
}

// e^(x + rest) in double, from 0 to infinity.
[[gnu::always_inline]] inline double exp_in_pair(double x, double rest) {
  constexpr double zero = kExpZero<double>, infinite = kExpInfinite<double>;
  const bool finite = (x > zero) & (x < infinite);
  const Power<double> e = power_of_e(at_most(infinite, at_least(zero, x)), finite ? rest : 0.0);
  return scale(mantissa(e).hi, e.k);
}

// a > 0 or NaN, or what it would be by the rules of C: infinite logarithms of 0 and infinity.
template <class T>
[[gnu::always_inline]] inline T infinite_log(T a, T log) {
  return a == 0 ? -kInfinity<T> : a == kInfinity<T> ? kInfinity<T> : log;
}

[[gnu::always_inline]] inline double power_of_magnitude(double a, double b) {
  const Pair<double> log = log_in_pair(a);
  // A larger b makes 0, 1 or infinity as well.
  const double c = at_most(0x1p100, at_least(-0x1p100, b));
  const Pair<double> p = product(c, infinite_log(a, log.hi));
  return exp_in_pair(p.hi, muladd(c, log.lo, p.lo));
}
// In double, where the logarithm has digits enough.
[[gnu::always_inline]] inline float power_of_magnitude(float a, float b) {
  const double x = static_cast<double>(a);
  const Split<double> p = split(x);
  const double log = infinite_log(x, log_sum(p.e, p.f, 0.0));
  return static_cast<float>(exp_in_pair(static_cast<double>(b) * log, 0.0));
}

template <class T>
[[gnu::always_inline]] inline bool is_integer(T a) {  // infinity, too; a >= 0
  constexpr T all = static_cast<T>(1LL << Format<T>::kMantissa);
  return (a >= all) | ((a + all) - all == a);
}

// By the rules of C: x^0 and 1^y are 1 even if the other is NaN, (-1)^±∞ is 1.
template <class T>
[[gnu::always_inline]] inline T pow_(T x, T y) {
  const T a = magnitude(x), b = magnitude(y);
  const bool integer = is_integer(b), odd = integer & !is_integer(T(0.5) * b);
  const T p = power_of_magnitude(a, y);
  const T s = odd ? with_sign(p, x) : p;
  const bool is_nan = (x != x) | ((x < 0) & (a < kInfinity<T>)&!integer);
  const bool is_one = (y == 0) | (x == 1) | ((x == -1) & (b == kInfinity<T>));
  return is_one ? T(1) : is_nan ? kNaN<T> : s;
}

}  // namespace
}  // namespace th::TH_ISA
