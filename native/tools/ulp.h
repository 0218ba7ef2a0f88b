// How far a result may be from the true one, and how far it is: the reference for each elementary
// function, and errors in units in the last place (ULP).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
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
    unary("SOFTPLUS", 2, 2, -746, 40,
          [](auto x) { return (x < 0 ? 0 : x) + std::log1p(std::exp(-std::fabs(x))); }),
    unary("ERF", 2, 2, -6, 6, [](auto x) { return std::erf(x); }),
    unary("GELU", 2, 2, -39, 9, [](auto x) { return gelu(x); }),
    unary("SQRT", 0.5, 0.5, 0, 100, [](auto x) { return std::sqrt(x); }),
    unary("RSQRT", 2, 2, 0, 100, [](auto x) { return 1 / std::sqrt(x); }),
};
constexpr Binary kBinary[] = {
    binary("POW", 2, 2, [](auto a, auto b) { return std::pow(a, b); }),
    binary("ATAN2", 2, 2, [](auto a, auto b) { return std::atan2(a, b); }),
};

// The same numbers in every run and on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(bits() >> 11) * 0x1p-53;
  }

 private:
  uint64_t state_;
};

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
template <class T>
T from_bits(uint64_t bits) {
  const auto b = static_cast<Bits<T>>(bits);
  T x;
  std::memcpy(&x, &b, sizeof x);
  return x;
}
template <class T>
Bits<T> to_bits(T x) {
  Bits<T> b;
  std::memcpy(&b, &x, sizeof b);
  return b;
}

// Where functions turn, over- and underflow, and where algorithms change from one form to another.
// clang-format off
constexpr double kHard[] = {
    0, 0x1p-1074, 0x1p-1022, 0x1p-149, 0x1p-126, 0x1p-53, 0x1p-27, 0x1p-24, 0x1p-12, 0.25,
    0.34657359027997264, 0.41421356237309503, 0.5, 0.6931471805599453, 0.7071067811865476,
    0.7853981633974483, 1, 1.4142135623730951, 2, 2.414213562373095, 3, 4, 8, 10, 14.42, 18, 20, 22,
    38.62, 40, 64, 87.33654475055310, 88.72283905206835, 103.97207708399179, 708.3964185322641,
    709.782712893384, 745.1332191019411, 0x1p22, 0x1p24, 0x1p53, 0x1p127, 0x1p1023,
    1.7976931348623157e308, HUGE_VAL};
// clang-format on

// A number near a hard one, near a multiple of π/2, or anywhere; most of them in low..high.
template <class T>
T number(Random& random, double low, double high) {
  const uint64_t choice = random.bits() % 16;
  const double sign = random.bits() % 2 == 0 ? 1 : -1;
  if (choice < 2) return from_bits<T>(random.bits());
  if (choice < 4) {
    const double turn = std::floor(std::exp2(random.between(0, 24)));
    const T x = static_cast<T>(sign * 1.5707963267948966 * turn);
    return from_bits<T>(to_bits(x) + random.bits() % 9 - 4);
  }
  if (choice < 6) {
    const T x = static_cast<T>(sign * kHard[random.bits() % std::size(kHard)]);
    if (random.bits() % 2 == 0) return x * static_cast<T>(random.between(0.9, 1.1));
    return from_bits<T>(to_bits(x) + random.bits() % 64);
  }
  if (choice < 10) return static_cast<T>(sign * std::exp2(random.between(-60, 8)));
  if (choice < 12) return static_cast<T>(random.between(-2, 2));
  return static_cast<T>(random.between(low, high));
}

// The second argument for a. Most powers of random numbers are 0 or infinite, so here some are not.
template <class T>
T partner(const Binary& f, Random& random, T& a) {
  const double log = std::log(std::fabs(static_cast<double>(a)));
  if (f.name[0] != 'P' || random.bits() % 4 == 0 || !std::isfinite(log) || log == 0)
    return number<T>(random, -4, 4);
  if (random.bits() % 8 != 0) a = std::fabs(a);
  const double limit = sizeof(T) == 4 ? 104 : 746;
  return static_cast<T>(random.between(-limit, limit) / log);
}

}  // namespace ulp
