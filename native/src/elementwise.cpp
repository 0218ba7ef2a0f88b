// Elementwise inner loops: map, zip, select, cast. Compiled once for each instruction set.
#include "fold.h"
#include "wrap.h"

// Before a loop over elements: none of its steps depends on another. So it is vectorised although y
// may be one of the operands (memory that is reused), which __restrict would rule out.
#if defined(__clang__)
#define TH_EACH_ALONE _Pragma("clang loop vectorize(assume_safety)")
#else
#define TH_EACH_ALONE _Pragma("GCC ivdep")
#endif

namespace th::TH_ISA {
namespace {

template <class X, class Y, class F>
void map(i64 n, const void* px, i64 sx, void* py, F f) {
  const X* x = static_cast<const X*>(px);
  Y* y = static_cast<Y*>(py);
  if (sx == 1) {
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = f(x[i]);
  } else if (sx == 0) {
    const Y once = n > 0 ? f(x[0]) : Y();
    for (i64 i = 0; i < n; ++i) y[i] = once;
  } else {
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = f(x[i * sx]);
  }
}

// A row's value, always inlined: a call would keep a loop from being vectorised.
#define TH_INLINED __attribute__((always_inline))

// Bits in the order of |x|, NaN the largest.
template <class T>
[[gnu::always_inline]] inline Bits<T> size_bits(T x) {
  return to_bits(magnitude(x));
}
// The same of positive normal numbers, which come before all others.
template <class T>
[[gnu::always_inline]] inline Bits<T> above_least(T x) {
  return to_bits(x) - to_bits(kLeastNormal<T>);
}

// By f where keys are at most `bound` in all of a block, else by what holds for any x.
template <class T, class Key, class F, class Any>
void map_blocks(i64 n, const void* px, i64 sx, void* py, Key key, Bits<T> bound, F f, Any any) {
  constexpr i64 kBlock = 512;
  const T* x = static_cast<const T*>(px);
  T* y = static_cast<T*>(py);
  for (i64 i = 0; i < n; i += kBlock, x += kBlock * sx, y += kBlock) {
    const i64 m = n - i < kBlock ? n - i : kBlock;
    Bits<T> most = 0;
    if (sx == 1) {
      most = leaf<Larger>(m, x, [=](T v, i64) TH_INLINED { return key(v); });
    } else {
      for (i64 j = 0; j < m; ++j) most = at_least(most, key(x[j * sx]));
    }
    if (most <= bound) {
      map<T, T>(m, x, sx, y, f);
    } else {
      map<T, T>(m, x, sx, y, any);
    }
  }
}

template <class X, class Y, class F>
void zip(i64 n, const void* pa, i64 sa, const void* pb, i64 sb, void* py, F f) {
  const X* a = static_cast<const X*>(pa);
  const X* b = static_cast<const X*>(pb);
  Y* y = static_cast<Y*>(py);
  if (sa == 1 && sb == 1) {
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
  } else if (sa == 1 && sb == 0) {
    const X s = *b;
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = f(a[i], s);
  } else if (sa == 0 && sb == 1) {
    const X s = *a;
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = f(s, b[i]);
  } else {
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = f(a[i * sa], b[i * sb]);
  }
}

template <class T>
void select(i64 n, const void* pc, i64 sc, const void* pa, i64 sa, const void* pb, i64 sb,
            void* py) {
  const uint8_t* c = static_cast<const uint8_t*>(pc);
  const T* a = static_cast<const T*>(pa);
  const T* b = static_cast<const T*>(pb);
  T* y = static_cast<T*>(py);
  if (sc == 1 && sa == 1 && sb == 0) {
    const T s = *b;
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = c[i] ? a[i] : s;
  } else if (sc == 1 && sa == 0 && sb == 1) {
    const T s = *a;
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = c[i] ? s : b[i];
  } else if (sc == 1 && sa == 1 && sb == 1) {
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = c[i] ? a[i] : b[i];
  } else {
    TH_EACH_ALONE
    for (i64 i = 0; i < n; ++i) y[i] = c[i * sc] ? a[i * sa] : b[i * sb];
  }
}

template <class T>
void fill_floats(Kernels& k, int dtype) {
  UnaryFn* u = k.unary[dtype];
#define UNARY(name, expression)                                               \
  *u++ = [](i64 n, const void* px, i64 sx, void* py) {                        \
    map<T, T>(n, px, sx, py, [](T x) TH_INLINED -> T { return expression; }); \
  };
#include "ops.def"
#undef UNARY
#define BLOCKS(name, key, bound, f, any)                                                        \
  k.unary[dtype][static_cast<int>(Unary::name)] = [](i64 n, const void* px, i64 sx, void* py) { \
    map_blocks<T>(                                                                              \
        n, px, sx, py, [](T x) TH_INLINED -> Bits<T> { return key; }, bound,                    \
        [](T x) TH_INLINED { return f; }, [](T x) TH_INLINED { return any; });                  \
  };
  BLOCKS(SIN, size_bits(x), to_bits(kNear<T>), sin_(x),
         magnitude(x) > kNear<T> ? far_sin(x) : sin_(x))
  BLOCKS(COS, size_bits(x), to_bits(kNear<T>), cos_(x),
         magnitude(x) > kNear<T> ? far_cos(x) : cos_(x))
  BLOCKS(TAN, size_bits(x), to_bits(kNear<T>), tan_(x),
         magnitude(x) > kNear<T> ? far_tan(x) : tan_(x))
  BLOCKS(EXP, size_bits(x), to_bits(kExpNormal<T>), normal_exp(x), exp_(x))
  BLOCKS(LOG, above_least(x), above_least(kInfinity<T>) - 1, normal_log(x), log_(x))
#undef BLOCKS
  BinaryFn* b = k.binary[dtype];
#define BINARY(name, expression)                                                           \
  *b++ = [](i64 n, const void* pa, i64 sa, const void* pb, i64 sb, void* py) {             \
    zip<T, T>(n, pa, sa, pb, sb, py, [](T a, T b) TH_INLINED -> T { return expression; }); \
  };
#include "ops.def"
#undef BINARY
}

// The rows that take every number; the others stay null.
template <class I>
void fill_integers(Kernels& k, int dtype) {
  using T = Wrap<I>;
  UnaryFn* u = k.unary[dtype];
#define UNARY(name, expression) ++u;
#define UNARY_ANY(name, expression)                    \
  *u++ = [](i64 n, const void* px, i64 sx, void* py) { \
    map<I, I>(n, px, sx, py, [](I value) -> I {        \
      const T x(value);                                \
      return T(expression).value;                      \
    });                                                \
  };
#include "ops.def"
#undef UNARY
  BinaryFn* b = k.binary[dtype];
#define BINARY(name, expression) ++b;
#define BINARY_ANY(name, expression)                                           \
  *b++ = [](i64 n, const void* pa, i64 sa, const void* pb, i64 sb, void* py) { \
    zip<I, I>(n, pa, sa, pb, sb, py, [](I left, I right) -> I {                \
      const T a(left), b(right);                                               \
      return T(expression).value;                                              \
    });                                                                        \
  };
#include "ops.def"
#undef BINARY
}

template <class From, class To>
void cast_one(i64 n, const void* px, i64 sx, void* py) {
  map<From, To>(n, px, sx, py, [](From x) -> To { return convert<To>(x); });
}

template <class From>
void cast_bool(i64 n, const void* px, i64 sx, void* py) {
  map<From, uint8_t>(n, px, sx, py, [](From x) -> uint8_t { return x != 0; });
}

template <class T>
void fill_any(Kernels& k, int dtype) {
  BinaryFn* c = k.compare[dtype];
#define COMPARE(name, expression)                                                           \
  *c++ = [](i64 n, const void* pa, i64 sa, const void* pb, i64 sb, void* py) {              \
    zip<T, uint8_t>(n, pa, sa, pb, sb, py, [](T a, T b) -> uint8_t { return expression; }); \
  };
#include "ops.def"
#undef COMPARE
  k.select[dtype] = select<T>;
  k.cast[dtype][kF32] = cast_one<T, float>;
  k.cast[dtype][kF64] = cast_one<T, double>;
  k.cast[dtype][kI32] = cast_one<T, int32_t>;
  k.cast[dtype][kI64] = cast_one<T, i64>;
  k.cast[dtype][kU8] = cast_one<T, uint8_t>;
  k.cast[dtype][kBool] = cast_bool<T>;
}

}  // namespace

void fill_elementwise(Kernels& k) {
  fill_floats<float>(k, kF32);
  fill_floats<double>(k, kF64);
  fill_integers<int32_t>(k, kI32);
  fill_integers<i64>(k, kI64);
  fill_integers<uint8_t>(k, kU8);
  fill_any<float>(k, kF32);
  fill_any<double>(k, kF64);
  fill_any<int32_t>(k, kI32);
  fill_any<i64>(k, kI64);
  fill_any<uint8_t>(k, kU8);
  fill_any<uint8_t>(k, kBool);
}

}  // namespace th::TH_ISA
