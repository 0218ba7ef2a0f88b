// Functions of one or two numbers for the rows of ops.def. Included only by files that are compiled
// once for each instruction set, inside that set's namespace, so nothing here has external linkage.
#pragma once

#include <math.h>
#include <stdint.h>

namespace th::TH_ISA {
namespace {

inline float exp_(float x) { return ::expf(x); }
inline double exp_(double x) { return ::exp(x); }
inline float log_(float x) { return ::logf(x); }
inline double log_(double x) { return ::log(x); }
inline float pow_(float a, float b) { return ::powf(a, b); }
inline double pow_(double a, double b) { return ::pow(a, b); }

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
