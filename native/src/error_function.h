// erf and gelu: both from erfc(x) = e^-x²·erfcx(x), where erfcx is smooth.
#pragma once

#include "exponential.h"

namespace th::TH_ISA {
namespace {

// erf(x)/x - 1 in z = x² <= 1. Error relative to erf x: 2^-29.4, 2^-56.3.
[[gnu::always_inline]] inline float erf_poly(float z) {
  return poly(z, 0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2ce6p-4f, -0x1.b7f71ap-6f, 0x1.53f224p-8f,
              -0x1.a3515ep-11f, 0x1.4771fep-14f);
}
[[gnu::always_inline]] inline double erf_poly(double z) {
  return poly(z, 0x1.06eba8214db69p-3, -0x1.812746b037a25p-2, 0x1.ce2f21a0458dbp-4,
              -0x1.b82ce31354ea7p-6, 0x1.565bcd2c6594ap-8, -0x1.c02db932bf9f3p-11,
              0x1.f9a3b94132904p-14, -0x1.f4dcf2a28a4fbp-17, 0x1.ba697b950ad0ap-20,
              -0x1.6398cca6a23ebp-23, 0x1.136cfe7f05c7ap-26, -0x1.c78884a6cc26bp-30,
              0x1.40e462fbf8c51p-33);
}

// √½ in two parts.
template <class T>
constexpr Pair<T> kRootHalf;
template <>
constexpr Pair<float> kRootHalf<float> = {0x1.6a09e6p-1f, 0x1.9fcef4p-27f};
template <>
constexpr Pair<double> kRootHalf<double> = {0x1.6a09e667f3bcdp-1, -0x1.bdd3413b26456p-55};

// (x + k)·erfcx(x) = c0 + t·(c1 + t·(c2 + t·P(t))), t = (x - k)/(x + k), for 0 <= x <= 10.3 and
// 27.4; k is such that hardly anything is lost where c0 and c1 are rounded. Relative error:
// 2^-28.3, 2^-56.6.
template <class T>
struct Erfcx;
template <>
struct Erfcx<float> {
  static constexpr float k = 2.3125, c0 = 0x1.0b3444p0f, c1 = -0x1.8845bp-1f, c2 = 0x1.92798ep-2f;
};
template <>
struct Erfcx<double> {
  static constexpr double k = 2.25, c0 = 0x1.0a3667d87642cp0, c1 = -0x1.8100c5b8f7573p-1,
                          c2 = 0x1.7c6f13976e84ep-2;
};
[[gnu::always_inline]] inline float erfcx_poly(float t) {
  return poly(t, -0x1.e522cep-4f, 0x1.a37afcp-9f, 0x1.804e78p-7f, -0x1.f4b736p-10f,
              -0x1.894f64p-10f, 0x1.ebd0d4p-13f, 0x1.e23b98p-13f, 0x1.c04734p-16f);
}
// So many steps that follow one upon the other would take longer than their products and sums.
[[gnu::always_inline]] inline double erfcx_poly(double t) {
  const double z = t * t;
  const double even =
      poly(z, -0x1.9e8ecc6179f4bp-4, 0x1.7e081ead330ebp-7, -0x1.acc7d8af995a6p-10,
           0x1.2b988a66c27d4p-12, -0x1.ace7a6a66762ep-15, 0x1.c29a133752ae5p-18,
           0x1.3a13f3809e4b4p-22, -0x1.2cae7e2d989bep-21, 0x1.a3e33f783c672p-23,
           -0x1.32cbfb50d1cp-25, 0x1.6a614e0c44df6p-29);
  const double odd =
      poly(z, -0x1.d94a10c023b1ep-9, -0x1.a1e7d0b7327d8p-11, 0x1.529a7536a5c98p-14,
           0x1.8c739f7c0445dp-16, -0x1.0fa2808f8376bp-16, 0x1.7837124a47a14p-18,
           -0x1.500c07a59497cp-20, 0x1.cc5279f47a618p-24, 0x1.6160f09a2694bp-25,
           -0x1.21a26d439f7f1p-26, 0x1.136d0a0bf8f6fp-29);
  return muladd(t, odd, even);
}

// e^x²·erfc(x) for x >= 0. What t loses to rounding is found from t·(x + k) and brought back by the
// slope, for which its first two terms do.
template <class T>
[[gnu::always_inline]] inline Pair<T> erfcx(Pair<T> x) {
  using E = Erfcx<T>;
  const Pair<T> s = sum(x.hi, E::k), d = {s.hi, s.lo + x.lo};
  const T inverse = 1 / d.hi, t = muladd(2 * x.hi, inverse, T(-1));
  const Pair<T> n = sum_of_larger(-d.hi, 2 * x.hi);  // exact without a rest where x > k/3
  const T low = muladd(T(2), x.lo, muladd(-d.lo, t, n.lo - d.lo));
  const T rest = (low - product_rest(t, d.hi, n.hi)) * inverse;
  const Pair<T> q = sum_of_larger(E::c1, t * muladd(t, erfcx_poly(t), E::c2));
  const Pair<T> p = product(t, q.hi), y = sum(p.hi, E::c0);
  const T tail = muladd(t, q.lo, muladd(rest, muladd(2 * t, E::c2, E::c1), p.lo));
  return quotient({y.hi, y.lo + tail}, d);
}

template <class T>
[[gnu::always_inline]] inline T erf_(T x) {
  const T a = at_most(T(8), magnitude(x)), z = a * a;  // there it has become 1
  const T small = muladd(a, erf_poly(z), a);
  const Power<T> e = power_of_e(-z, -product_rest(a, a, z));
  const T large = 1 - scale(product(mantissa(e), erfcx(Pair<T>{a, 0})).value(), e.k);
  return with_sign(a < 1 ? small : large, x);
}

// x·Φ(x), Φ(x) = erfc(-x/√2)/2. Below 0 the product is scaled last, so that it is rounded once.
template <class T>
[[gnu::always_inline]] inline T gelu_(T x) {
  constexpr T zero = sizeof(T) == 4 ? T(14.42) : T(38.62);  // there e^-x²/2 has become 0
  const T a = at_most(zero, magnitude(x)), z = a * a;
  const Power<T> e = power_of_e(T(-0.5) * z, T(-0.5) * product_rest(a, a, z));
  const Pair<T> w = product(mantissa(e), erfcx(product({a, 0}, kRootHalf<T>)));
  const T negative = at_least(-zero, x);
  const Pair<T> y = product(negative, w.hi);
  const T below = scale(y.hi + muladd(negative, w.lo, y.lo), e.k - 1);
  return x < 0 ? below : muladd(-a, scale(w.value(), e.k - 1), x);
}

}  // namespace
}  // namespace th::TH_ISA
