// Random numbers: the words of Philox in order, made into numbers. Compiled once for each
// instruction set.
#include "kernels.h"
#include "philox.h"

namespace th::TH_ISA {
namespace {

// change(the words) of blocks first to first + kBlocks - 1, whose counters are (block, block >> 32,
// 0, 0), in order; a pair of them is a 64-bit number, the low half first.
template <class Change>
inline void words(uint64_t first, uint64_t key, void* y, Change change) {
  Lanes lane;
  for (int i = 0; i < kLanes; ++i) lane[i] = static_cast<uint64_t>(i);
  Blocks b{};
  for (int g = 0; g < 2; ++g) {
    b.word[g][0] = lane + (first + static_cast<uint64_t>(g * kLanes));
    b.word[g][1] = b.word[g][0] >> 32;
  }
  philox(b, static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32));
  char* to = static_cast<char*>(y);
  for (const Lanes* w : {b.word[0], b.word[1]}) {
    const Lanes low = change((w[0] & 0xffffffffu) | (w[1] << 32));
    const Lanes high = change((w[2] & 0xffffffffu) | (w[3] << 32));
    store(alternate_low<uint64_t>(low, high), to);
    store(alternate_high<uint64_t>(low, high), to + kVectorBytes);
    to += 2 * kVectorBytes;
  }
}

// y[i] = number(change(word first + i)), for n of them.
template <class Word, class Y, class Change, class Number>
void stream(i64 first, i64 n, i64 key, void* py, Change change, Number number) {
  constexpr i64 kInBlock = 16 / sizeof(Word), kAtOnce = kBlocks * kInBlock;
  Y* __restrict y = static_cast<Y*>(py);
  Word w[kAtOnce];
  for (i64 i = 0; i < n; i += kAtOnce) {
    words(static_cast<uint64_t>((first + i) / kInBlock), static_cast<uint64_t>(key), w, change);
    if (n - i >= kAtOnce) {
      for (i64 j = 0; j < kAtOnce; ++j) y[i + j] = number(w[j]);
    } else {
      for (i64 j = 0; j < n - i; ++j) y[i + j] = number(w[j]);
    }
  }
}

inline Lanes same(Lanes w) { return w; }

template <class Word, class Y>
void bits(i64 first, i64 n, i64 key, i64, i64, void* y) {
  stream<Word, Y>(first, n, key, y, same, [](Word w) { return static_cast<Y>(w); });
}

void uniform_f32(i64 first, i64 n, i64 key, i64, i64, void* y) {
  stream<uint32_t, float>(first, n, key, y, same, [](uint32_t w) {
    return static_cast<float>(static_cast<int32_t>(w >> 8)) * 0x1p-24f;
  });
}

void uniform_f64(i64 first, i64 n, i64 key, i64, i64, void* y) {
  stream<uint64_t, double>(first, n, key, y, same, [](uint64_t w) {
    return static_cast<double>(static_cast<int64_t>(w >> 11)) * 0x1p-53;
  });
}

void integers(i64 first, i64 n, i64 key, i64 low, i64 range, void* y) {
  const Lanes base = Lanes{} + static_cast<uint64_t>(low);
  const Lanes width = Lanes{} + static_cast<uint64_t>(range);
  stream<uint64_t, i64>(
      first, n, key, y, [&](Lanes w) { return base + multiply_high(w, width); },
      [](uint64_t w) { return static_cast<i64>(w); });
}

}  // namespace

void fill_random(Kernels& k) {
  k.random[TH_BITS][kI32] = bits<uint32_t, int32_t>;
  k.random[TH_BITS][kI64] = bits<uint64_t, i64>;
  k.random[TH_UNIFORM][kF32] = uniform_f32;
  k.random[TH_UNIFORM][kF64] = uniform_f64;
  k.random[TH_INTEGERS][kI64] = integers;
}

}  // namespace th::TH_ISA
