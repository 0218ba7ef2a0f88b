// Integers in the rows of ops.def: an expression for numbers, computed so that it wraps around as
// Java's does, where C++ leaves it undefined. Included as scalar.h is.
#pragma once

#include "scalar.h"

namespace th::TH_ISA {
namespace {

template <class I>
struct Unsigned {
  using type = I;
};
template <>
struct Unsigned<int32_t> {
  using type = uint32_t;
};
template <>
struct Unsigned<long long> {
  using type = unsigned long long;
};

template <class I>
struct Wrap {
  using U = typename Unsigned<I>::type;
  I value;

  explicit Wrap(I v) : value(v) {}
  static Wrap of(auto bits) { return Wrap(static_cast<I>(bits)); }
  U bits() const { return static_cast<U>(value); }

  Wrap operator-() const { return of(U() - bits()); }
  Wrap operator+(Wrap b) const { return of(bits() + b.bits()); }
  Wrap operator-(Wrap b) const { return of(bits() - b.bits()); }
  Wrap operator*(Wrap b) const { return of(bits() * b.bits()); }
  bool operator==(Wrap b) const { return value == b.value; }
  bool operator<(Wrap b) const { return value < b.value; }
  bool operator>(Wrap b) const { return value > b.value; }
  bool operator==(int b) const { return value == static_cast<I>(b); }
  bool operator<(int b) const { return value < static_cast<I>(b); }
  bool operator>(int b) const { return value > static_cast<I>(b); }
  bool operator<=(int b) const { return value <= static_cast<I>(b); }
};

// Integers have one zero.
template <class I>
inline Wrap<I> larger_zero(Wrap<I> a, Wrap<I>) {
  return a;
}
template <class I>
inline Wrap<I> smaller_zero(Wrap<I> a, Wrap<I>) {
  return a;
}

// a - floor(a / b) b: it has the sign of b. What has no value is 0, as the processor would trap.
template <class I>
inline Wrap<I> remainder_(Wrap<I> a, Wrap<I> b) {
  if (b == 0 || (b < 0 && b == -1)) return Wrap<I>(0);
  const I r = static_cast<I>(a.value % b.value);
  return r != 0 && (r < 0) != (b < 0) ? Wrap<I>(r) + b : Wrap<I>(r);
}

}  // namespace
}  // namespace th::TH_ISA
