// e^x and log z as polynomials without branches, which the compiler vectorises with the loop that
// they are in.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

namespace tb {

// e^x for |x| <= 87, within 2 ULP: 2^n e^r with |r| <= ln(2)/2 and the Taylor polynomial.
inline float exp_within(float x) {
  const float n = std::nearbyint(x * 1.44269504F);
  const float r = std::fma(n, 1.42860677e-6F, std::fma(n, -0.693148613F, x));
  float p = 1.38888889e-3F;
  p = std::fma(p, r, 8.33333333e-3F);
  p = std::fma(p, r, 4.16666667e-2F);
  p = std::fma(p, r, 1.66666667e-1F);
  p = std::fma(p, r, 0.5F);
  p = std::fma(p, r, 1.0F);
  p = std::fma(p, r, 1.0F);
  const std::int32_t bits = (static_cast<std::int32_t>(n) + 127) << 23;
  float scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

// The same for x <= 0 of any size; 0 below -87.
inline float exp_or_zero(float x) { return x < -87.0F ? 0.0F : exp_within(x); }

// log z for normal z > 0, within 2 ULP: n ln 2 + log(1 + f) with 1 + f in [√½, √2), and for that
// f + f² q(f), q the least-maximum fit of degree 7 (relative error 3e-8).
inline float log_of_normal(float z) {
  std::int32_t bits;
  std::memcpy(&bits, &z, sizeof bits);
  const std::int32_t n = (bits - 0x3f3504f3) >> 23;
  bits -= n << 23;
  float m;
  std::memcpy(&m, &bits, sizeof m);
  const float f = m - 1.0F;
  float q = 0.0873475061F;
  q = std::fma(q, f, -0.143074831F);
  q = std::fma(q, f, 0.149179888F);
  q = std::fma(q, f, -0.165705141F);
  q = std::fma(q, f, 0.199620713F);
  q = std::fma(q, f, -0.25001755F);
  q = std::fma(q, f, 0.333339502F);
  q = std::fma(q, f, -0.499999916F);
  return std::fma(static_cast<float>(n), 0.693147181F, std::fma(f * f, q, f));
}

// tanh x, within 2^-23 of 1: 1 - 2/(1 + e^2x).
inline float tanh_of(float x) {
  const float within = x < -9.0F ? -9.0F : x > 9.0F ? 9.0F : x;
  return 1.0F - 2.0F / (1.0F + exp_within(2.0F * within));
}

}  // namespace tb
