// Vectors as wide as the instruction set has them, for the few loops that compilers do not find by
// themselves. Included only by files that are compiled once for each instruction set, inside that
// set's namespace, so nothing here has external linkage.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <utility>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
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

// Elements of a and b in turn: the first half of that, or the second.
template <bool Second, class T, class V, int... I>
inline V alternate(V a, V b, std::integer_sequence<int, I...>) {
  constexpr int n = sizeof...(I), from = Second ? n / 2 : 0;
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, (from + I / 2 + I % 2 * n)...);
#else
  return __builtin_shuffle(a, b, V{T(from + I / 2 + I % 2 * n)...});
#endif
}
template <class T, class V>
inline V alternate_low(V a, V b) {
  return alternate<false, T>(a, b, std::make_integer_sequence<int, sizeof(V) / sizeof(T)>());
}
template <class T, class V>
inline V alternate_high(V a, V b) {
  return alternate<true, T>(a, b, std::make_integer_sequence<int, sizeof(V) / sizeof(T)>());
}

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
