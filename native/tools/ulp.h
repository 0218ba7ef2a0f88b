// How far a result may be from the true one, and how far it is: the reference for each elementary
// function, and errors in units in the last place (ULP).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace ulp {

// The type that the reference for T is computed in.
template <class T>
using Wide = std::conditional_t<sizeof(T) == 4, double, long double>;

// Whether it holds enough digits more: long double is double on some systems.
template <class T>
constexpr bool kWideEnough =
    std::numeric_limits<Wide<T>>::digits >= std::numeric_limits<T>::digits + 11;

// The exponent of |x|, for the subnormal numbers of T that of the smallest normal one.
template <class T>
int exponent(Wide<T> x) {
  using L = std::numeric_limits<T>;
  if constexpr (sizeof(T) == 4) {  // quickly: there are 2^32 of them
    uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return std::max(static_cast<int>(bits >> 52 & 0x7ff) - 1023, L::min_exponent - 1);
  } else {
    return x == 0 ? L::min_exponent - 1 : std::max(std::ilogb(x), L::min_exponent - 1);
  }
}

// |got - exact| in units of the last place that T has at `exact`. Infinity is taken for the next
// power of two after the largest number; a NaN or a zero of the wrong kind is infinitely far.
template <class T>
double error(T got, Wide<T> exact) {
  using L = std::numeric_limits<T>;
  if (got != got || exact != exact) return got != got && exact != exact ? 0 : HUGE_VAL;
  if ((got == 0 || exact == 0) && std::signbit(got) != std::signbit(exact)) return HUGE_VAL;
  constexpr Wide<T> end = static_cast<Wide<T>>(L::max()) * (1 + L::epsilon() / 2);
  const auto cut = [](Wide<T> x) { return x > end ? end : x < -end ? -end : x; };
  const Wide<T> a = cut(got), b = cut(exact);
  if (a == b) return 0;
  const int e = std::min(exponent<T>(b), L::max_exponent - 1);
  return static_cast<double>(std::ldexp(std::fabs(a - b), L::digits - 1 - e));
}

struct Unary {
  const char* name;
  double (*of_float)(double);
  long double (*of_double)(long double);
  double bound_float, bound_double;
  double low, high;  // where results are neither constant nor infinite, about
};
struct Binary {
  const char* name;
  double (*of_float)(double, double);
  long double (*of_double)(long double, long double);
  double bound_float, bound_double;
};

template <class F>
constexpr Unary unary(const char* name, double bound_float, double bound_double, double low,
                      double high, F) {
  return {name,
          [](double x) { return F{}(x); },
          [](long double x) { return F{}(x); },
          bound_float,
          bound_double,
          low,
          high};
}
template <class F>
constexpr Binary binary(const char* name, double bound_float, double bound_double, F) {
  return {name, [](double a, double b) { return F{}(a, b); },
          [](long double a, long double b) { return F{}(a, b); }, bound_float, bound_double};
}

// x·Φ(x) = x·erfc(z)/2 with z = -x/√2. A large z magnifies its own rounding, which is undone.
template <class X>
X gelu(X x) {
  constexpr X hi = static_cast<X>(0.70710678118654752440084436210484904L);
  const X lo = -std::fma(hi, hi, X(-0.5)) / (2 * hi);
  const X z = -x * hi;
  if (z > 40) return -X(0);
  const X rest = std::fma(-x, hi, -z) - x * lo;
  return x * (std::erfc(z) / 2) * (z > 1 ? std::exp(-2 * z * rest) : X(1));
}

constexpr Unary kUnary[] = {
    unary("EXP", 2, 2, -746, 710, [](auto x) { return std::exp(x); }),
    unary("EXPM1", 2, 2, -40, 710, [](auto x) { return std::expm1(x); }),
    unary("LOG", 2, 2, 0, 20, [](auto x) { return std::log(x); }),
    unary("LOG1P", 2, 2, -1, 20, [](auto x) { return std::log1p(x); }),
    unary("SIN", 2, 2, -4e6, 4e6, [](auto x) { return std::sin(x); }),
    unary("COS", 2, 2, -4e6, 4e6, [](auto x) { return std::cos(x); }),
    unary("TAN", 2, 2, -4e6, 4e6, [](auto x) { return std::tan(x); }),
    unary("ASIN", 2, 2, -1, 1, [](auto x) { return std::asin(x); }),
    unary("ACOS", 2, 2, -1, 1, [](auto x) { return std::acos(x); }),
    unary("ATAN", 2, 2, -8, 8, [](auto x) { return std::atan(x); }),
    unary("SINH", 2, 2, -711, 711, [](auto x) { return std::sinh(x); }),
    unary("COSH", 2, 2, -711, 711, [](auto x) { return std::cosh(x); }),
    unary("TANH", 2, 2, -20, 20, [](auto x) { return std::tanh(x); }),
    unary("SIGMOID", 2, 2, -746, 40,
          [](auto x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }),
    unary("SOFTPLUS", 4, 4, -746, 40,
          [](auto x) { return (x < 0 ? 0 : x) + std::log1p(std::exp(-std::fabs(x))); }),
    unary("ERF", 2, 2, -6, 6, [](auto x) { return std::erf(x); }),
    unary("GELU", 4, 4, -39, 9, [](auto x) { return gelu(x); }),
    unary("SQRT", 0.5, 0.5, 0, 100, [](auto x) { return std::sqrt(x); }),
    unary("RSQRT", 2, 2, 0, 100, [](auto x) { return 1 / std::sqrt(x); }),
};
constexpr Binary kBinary[] = {
    binary("POW", 4, 4, [](auto a, auto b) { return std::pow(a, b); }),
    binary("ATAN2", 2, 2, [](auto a, auto b) { return std::atan2(a, b); }),
};

}  // namespace ulp
