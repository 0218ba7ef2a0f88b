// Vectors as wide as the instruction set has them, for the few loops that compilers do not find by
// themselves. Included only by files that are compiled once for each instruction set, inside that
// set's namespace, so nothing here has external linkage.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <utility>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#endif

// Before a loop over registers, which have no numbers that could be computed.
#if defined(__clang__)
#define TH_UNROLL _Pragma("unroll")
#else
#define TH_UNROLL _Pragma("GCC unroll 16")
#endif

namespace th::TH_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

template <class T, int Bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(Bytes)));
};
template <class T, int Bytes = kVectorBytes>
using Vector = typename VectorOf<T, Bytes>::type;

// x and y need no alignment.
template <class V>
inline V load(const void* x) {
  V v;
  __builtin_memcpy(&v, x, sizeof v);
  return v;
}
template <class V>
inline void store(const V& v, void* y) {
  __builtin_memcpy(y, &v, sizeof v);
}

// v, in a register: what is used twice is not read twice.
template <class V>
inline V in_register(V v) {
#if defined(__x86_64__) || defined(_M_X64)
  asm("" : "+v"(v));
#elif defined(__aarch64__) || defined(_M_ARM64)
  asm("" : "+w"(v));
#endif
  return v;
}

// Past the caches, where the processor can; y is aligned to the vector. stream_end comes last.
template <class V>
inline void stream(const V& v, void* y) {
  static_assert(sizeof v == kVectorBytes);
#if defined(__AVX512F__)
  _mm512_stream_si512(static_cast<__m512i*>(y), (__m512i)v);
#elif defined(__AVX2__)
  _mm256_stream_si256(static_cast<__m256i*>(y), (__m256i)v);
#elif defined(__x86_64__) || defined(_M_X64)
  _mm_stream_si128(static_cast<__m128i*>(y), (__m128i)v);
#else
  store(v, y);
#endif
}
inline void stream_end() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_sfence();
#endif
}

// Elements of a and b in turn, in each lane of so many: the first half of that, or the second.
template <bool Second, int Lane, class V, int... I>
inline V alternate(V a, V b, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I), from = Second ? Lane / 2 : 0;
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, (from + I - I % Lane + I % Lane / 2 + I % 2 * n)...);
#else
  using Places = decltype(a < b);  // integers, whatever the elements are
  return __builtin_shuffle(a, b, Places{(from + I - I % Lane + I % Lane / 2 + I % 2 * n)...});
#endif
}

// The same of whole vectors.
template <class T, class V>
inline V alternate_low(V a, V b) {
  constexpr int n = sizeof(V) / sizeof(T);
  return alternate<false, n>(a, b, std::make_integer_sequence<int, n>());
}
template <class T, class V>
inline V alternate_high(V a, V b) {
  constexpr int n = sizeof(V) / sizeof(T);
  return alternate<true, n>(a, b, std::make_integer_sequence<int, n>());
}

// A square of n × n elements is transposed in registers: as one string of n² elements, their place
// in binary is (row, column), and each pass, which deals out the first half and the second in turn,
// turns its digits by one. AVX2 has it in both halves of a vector at the price of one.
template <class T>
constexpr int kSide = (kVectorBytes == 64 && sizeof(T) > 1 ? 64 : 16) / sizeof(T);
constexpr int kSquares = kVectorBytes == 32 ? 2 : 1;

template <class T>
using Side = Vector<T, kSide<T> * static_cast<int>(sizeof(T))>;
template <class T>
using Sides = Vector<T, kSquares * kSide<T> * static_cast<int>(sizeof(T))>;

// A row of each square.
template <class T>
inline Sides<T> load_sides(const T* first, const T* second) {
#if defined(__AVX2__) && !defined(__AVX512F__)
  const auto low = (__m128i)load<Side<T>>(first), high = (__m128i)load<Side<T>>(second);
  return (Sides<T>)_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
#else
  (void)second;
  return load<Side<T>>(first);
#endif
}

// Squares as their rows become their columns.
template <class T, class V>
inline void transpose(V (&v)[kSide<T>]) {
  constexpr int n = kSide<T>;
  constexpr auto all = std::make_integer_sequence<int, sizeof(V) / sizeof(T)>();
  V dealt[n];
  TH_UNROLL
  for (int digits = n; digits > 1; digits /= 2) {
    TH_UNROLL
    for (int i = 0; i < n / 2; ++i) {
      dealt[2 * i] = alternate<false, n>(v[i], v[i + n / 2], all);
      dealt[2 * i + 1] = alternate<true, n>(v[i], v[i + n / 2], all);
    }
    TH_UNROLL
    for (int i = 0; i < n; ++i) v[i] = dealt[i];
  }
}

// Of each lane a > b ? a : b, a < b ? a : b, and whether a or b is NaN: one instruction each, which
// GCC does not see in that for all instruction sets.
template <class V>
inline V larger(V a, V b) {
  return a > b ? a : b;
}
template <class V>
inline V smaller(V a, V b) {
  return a < b ? a : b;
}
template <class V>
inline auto unordered(V a, V b) {
  return (a != a) | (b != b);
}
#if defined(__x86_64__) || defined(_M_X64)
#define TH_ORDER(T, Bytes, Lanes, max, min, nan)                                           \
  inline Vector<T, Bytes> larger(Vector<T, Bytes> a, Vector<T, Bytes> b) {                 \
    return (Vector<T, Bytes>)max((Lanes)a, (Lanes)b);                                      \
  }                                                                                        \
  inline Vector<T, Bytes> smaller(Vector<T, Bytes> a, Vector<T, Bytes> b) {                \
    return (Vector<T, Bytes>)min((Lanes)a, (Lanes)b);                                      \
  }                                                                                        \
  inline auto unordered(Vector<T, Bytes> a, Vector<T, Bytes> b) {                          \
    return (decltype(a < b))nan((Lanes)a, (Lanes)b);                                       \
  }
TH_ORDER(float, 16, __m128, _mm_max_ps, _mm_min_ps, _mm_cmpunord_ps)
TH_ORDER(double, 16, __m128d, _mm_max_pd, _mm_min_pd, _mm_cmpunord_pd)
#if defined(__AVX2__)
#define TH_NAN_PS(a, b) _mm256_cmp_ps(a, b, _CMP_UNORD_Q)
#define TH_NAN_PD(a, b) _mm256_cmp_pd(a, b, _CMP_UNORD_Q)
TH_ORDER(float, 32, __m256, _mm256_max_ps, _mm256_min_ps, TH_NAN_PS)
TH_ORDER(double, 32, __m256d, _mm256_max_pd, _mm256_min_pd, TH_NAN_PD)
#undef TH_NAN_PS
#undef TH_NAN_PD
#endif
#undef TH_ORDER
#endif

// a·b + c, rounded once where the instruction set can.
#if defined(__AVX512F__)
inline Vector<float> muladd(Vector<float> a, Vector<float> b, Vector<float> c) {
  return (Vector<float>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}
inline Vector<double> muladd(Vector<double> a, Vector<double> b, Vector<double> c) {
  return (Vector<double>)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
}
#elif defined(__AVX2__)
inline Vector<float> muladd(Vector<float> a, Vector<float> b, Vector<float> c) {
  return (Vector<float>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}
inline Vector<double> muladd(Vector<double> a, Vector<double> b, Vector<double> c) {
  return (Vector<double>)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
}
#elif defined(__aarch64__) || defined(_M_ARM64)
inline Vector<float> muladd(Vector<float> a, Vector<float> b, Vector<float> c) {
  return (Vector<float>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
inline Vector<double> muladd(Vector<double> a, Vector<double> b, Vector<double> c) {
  return (Vector<double>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#else
template <class V>
inline V muladd(V a, V b, V c) {
  return a * b + c;
}
#endif

// The whole products of the low halves of 64-bit lanes.
inline Vector<uint64_t> multiply_low_halves(Vector<uint64_t> a, Vector<uint64_t> b) {
#if defined(__AVX512F__)
  // With a mask, of all lanes: GCC 12 warns of the plain form's own header.
  return (Vector<uint64_t>)_mm512_maskz_mul_epu32(0xff, (__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Vector<uint64_t>)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__) || defined(_M_X64)
  return (Vector<uint64_t>)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

// The high halves of the products of 64-bit lanes.
inline Vector<uint64_t> multiply_high(Vector<uint64_t> a, Vector<uint64_t> b) {
  const Vector<uint64_t> a1 = a >> 32, b1 = b >> 32;
  const Vector<uint64_t> middle = multiply_low_halves(a1, b) + (multiply_low_halves(a, b) >> 32);
  const Vector<uint64_t> rest = multiply_low_halves(a, b1) + (middle & 0xffffffffu);
  return multiply_low_halves(a1, b1) + (middle >> 32) + (rest >> 32);
}

}  // namespace
}  // namespace th::TH_ISA
