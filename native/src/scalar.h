// Functions of one or two numbers for the rows of ops.def. Included only by files that are compiled
// once for each instruction set, inside that set's namespace, so nothing here has external linkage.
#pragma once

#include "error_function.h"
#include "exponential.h"
#include "power.h"
#include "trigonometry.h"

namespace th::TH_ISA {
namespace {

inline float floor_(float x) { return ::floorf(x); }
inline double floor_(double x) { return ::floor(x); }
inline float ceil_(float x) { return ::ceilf(x); }
inline double ceil_(double x) { return ::ceil(x); }
inline float sqrt_(float x) { return ::sqrtf(x); }
inline double sqrt_(double x) { return ::sqrt(x); }
inline float round_(float x) { return ::rintf(x); }
inline double round_(double x) { return ::rint(x); }

// a - floor(a / b) b, exactly: it has the sign of b, a zero too.
template <class T>
inline T remainder_(T a, T b) {
  const T r = sizeof(T) == 4 ? static_cast<T>(::fmodf(a, b)) : static_cast<T>(::fmod(a, b));
  if (r == 0) return ::copysign(T(0), b);
  return (r < 0) != (b < 0) ? r + b : r;
}

// Of two equal numbers: they differ if they are zeros of different signs.
template <class T>
inline T larger_zero(T a, T b) {
  return ::signbit(a) ? b : a;
}
template <class T>
inline T smaller_zero(T a, T b) {
  return ::signbit(a) ? a : b;
}

// A conversion by Java's rules: NaN to 0, out of range to the nearest bound, integers cut.
template <class To, class From>
inline To convert(From x) {
  if constexpr (static_cast<From>(0.5) != 0 && static_cast<To>(0.5) == 0) {
    // Float to integer: the upper bound is not exact in From, so compare with the power of two
    // above.
    constexpr double top = sizeof(To) == 8   ? 9223372036854775808.0
                           : sizeof(To) == 4 ? 2147483648.0
                                             : 256.0;
    constexpr double bottom = sizeof(To) == 1 ? 0.0 : -top;
    constexpr To largest = sizeof(To) == 8   ? static_cast<To>(INT64_MAX)
                           : sizeof(To) == 4 ? static_cast<To>(INT32_MAX)
                                             : static_cast<To>(UINT8_MAX);
    constexpr To smallest = sizeof(To) == 8   ? static_cast<To>(INT64_MIN)
                            : sizeof(To) == 4 ? static_cast<To>(INT32_MIN)
                                              : static_cast<To>(0);
    const double v = static_cast<double>(x);
    if (!(v > bottom)) return v != v ? static_cast<To>(0) : smallest;
    return v >= top ? largest : static_cast<To>(v);
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace
}  // namespace th::TH_ISA
