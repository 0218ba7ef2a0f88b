// Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3" (2011): a block of four 32-bit words is a function of four counter words and two key
// words. Included as vector.h is.
#pragma once

#include "vector.h"

namespace th::TH_ISA {
namespace {

using Lanes = Vector<uint64_t>;
constexpr int kLanes = kVectorBytes / 8;

// Word w of kLanes blocks in word[w], each in the low half of a lane; the high halves do not count.
// Two such groups are computed in turn, to hide the time that a product takes.
struct Blocks {
  Lanes word[2][4];
};
constexpr int kBlocks = 2 * kLanes;

// Counters in, random words out.
inline void philox(Blocks& blocks, uint32_t key0, uint32_t key1) {
  const Lanes m0 = Lanes{} + 0xD2511F53u, m1 = Lanes{} + 0xCD9E8D57u;
  for (int round = 0; round < 10; ++round) {
    const Lanes k0 = Lanes{} + key0, k1 = Lanes{} + key1;
    for (Lanes* c : {blocks.word[0], blocks.word[1]}) {
      const Lanes p0 = multiply_low_halves(c[0], m0), p1 = multiply_low_halves(c[2], m1);
      c[0] = (p1 >> 32) ^ c[1] ^ k0;
      c[1] = p1;
      c[2] = (p0 >> 32) ^ c[3] ^ k1;
      c[3] = p0;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

}  // namespace
}  // namespace th::TH_ISA
