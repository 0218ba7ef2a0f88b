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

// (x + k)·erfcx(x) = c + t·P(t), t = (x - k)/(x + k), for 0 <= x <= 10.3 and 27.4.
// Relative error: 2^-26.3, 2^-54.8.
template <class T>
struct Erfcx;
template <>
struct Erfcx<float> {
  static constexpr float k = 3, c = 0x1.12f21ep0f;
};
template <>
struct Erfcx<double> {
  static constexpr double k = 4.125, c = 0x1.1908810eb9727p0;
};
[[gnu::always_inline]] inline float erfcx_poly(float t) {
  return poly(t, -0x1.c44c4ap-1f, 0x1.2e3254p-1f, -0x1.3dea76p-2f, 0x1.e99f02p-4f, -0x1.b7da7cp-6f,
              -0x1.4a51fp-10f, 0x1.93d576p-9f, -0x1.c3b316p-12f, -0x1.355522p-12f);
}
[[gnu::always_inline]] inline double erfcx_poly(double t) {
  return poly(
      t, -0x1.f80b36c4df779p-1, 0x1.946dc077274d2p-1, -0x1.20ebf99b4bd69p-1, 0x1.6c7a5ec00c9a2p-2,
      -0x1.9073678ce4ab1p-3, 0x1.76837e26f9839p-4, -0x1.1dd2e96b11a65p-5, 0x1.43a56571f9998p-7,
      -0x1.7c280cee5e972p-10, -0x1.391d2369a9c6ap-12, 0x1.fbc741edef74bp-13, -0x1.863f341c18859p-15,
      -0x1.aee1fdfdfbffp-17, 0x1.1e19c5f338b31p-17, -0x1.8415302d86f33p-22, -0x1.0bfea0a33c59cp-20,
      0x1.c7558289a49aep-23, 0x1.cdd17e67f4bebp-24, -0x1.532e8bf52641ep-25, -0x1.bd833f5c3f26cp-27,
      0x1.391785470dc43p-28, 0x1.bee1f8fd07d08p-30);
}

// e^x²·erfc(x) for x >= 0.
template <class T>
[[gnu::always_inline]] inline Pair<T> erfcx(Pair<T> x) {
  constexpr T k = Erfcx<T>::k, c = Erfcx<T>::c;
  const Pair<T> s = sum(x.hi, k), d = {s.hi, s.lo + x.lo};
  const T t = muladd(2 * x.hi, 1 / d.hi, T(-1));
  const Pair<T> p = product(t, erfcx_poly(t)), y = sum(p.hi, c);
  return quotient({y.hi, y.lo + p.lo}, d);
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
  const T below = scale(muladd(negative, w.hi, negative * w.lo), e.k - 1);
  return x < 0 ? below : muladd(-a, scale(w.value(), e.k - 1), x);
}

}  // namespace
}  // namespace th::TH_ISA
