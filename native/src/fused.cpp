#include "fused.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace th {
namespace {

enum Kind { kFlat, kOne, kNumber, kWalk };

// Registers take so many bytes together, for tiles of no more than kMost elements, and of no fewer
// than kLeast where there are many.
constexpr i64 kCache = 32768, kMost = 512, kLeast = 128;
constexpr i64 kArena = Fused::kMostRegisters * kLeast * 8;

template <class T>
void spread(i64 n, const char* x, i64 step, char* y) {
  const T* from = reinterpret_cast<const T*>(x);
  T* to = reinterpret_cast<T*>(y);
  if (step == 1) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
  } else {
    for (i64 i = 0; i < n; ++i) to[i] = from[i * step];
  }
}

void spread(i64 bytes, i64 n, const char* x, i64 step, char* y) {
  if (bytes == 4) {
    spread<uint32_t>(n, x, step, y);
  } else if (bytes == 8) {
    spread<uint64_t>(n, x, step, y);
  } else {
    spread<uint8_t>(n, x, step, y);
  }
}

}  // namespace

Fused::Fused(Words& words, void* const* memory) {
  count_ = words.take();
  const i64 registers = std::max<i64>(words.take(), 1), widest = words.take();
  operands_ = words.small();
  ops_ = words.small();
  for (int i = 0; i < operands_; ++i) {
    Operand& x = operand_[i];
    const int kind = words.small(), dtype = words.small();
    x.bytes = byte_size(dtype);
    x.step = kind == kFlat ? 1 : 0;
    x.walk = -1;
    if (kind == kNumber) {
      double number;
      std::memcpy(&number, words.take(1), sizeof number);
      const float single = static_cast<float>(number);
      x.base = reinterpret_cast<char*>(&number_[i]);
      if (dtype == kF32) {
        std::memcpy(x.base, &single, sizeof single);
      } else {
        number_[i] = number;
      }
      continue;
    }
    x.base = words.place(memory);
    if (kind == kWalk) {
      const int rank = words.small();
      x.walk = walks_;
      walk_[walks_++] = Loop<1>(rank, words.take(2 * rank));
    }
  }
  for (int i = 0; i < ops_; ++i) {
    read(op_[i], words, memory);
    Op& f = op_[i];
    if (f.where == Op::kAside) aside_bytes_ = f.bytes;
    if (is_streamed(f) && registers + streams_ < kMostRegisters) {
      f.where = Op::kStream;
      f.place = static_cast<int>(registers) + streams_++;
    }
  }
  tile_ = std::clamp(kCache / ((registers + streams_) * widest) / 64 * 64, kLeast, kMost);
  if (count_ < tile_) tile_ = (count_ + 63) / 64 * 64;
  register_bytes_ = tile_ * widest;
}

// A large result, unless its memory is in the caches already because an operand lies there.
bool Fused::is_streamed(const Op& f) const {
  if (f.where != Op::kPlace || count_ * f.bytes < kStreamed) return false;
  return std::none_of(operand_, operand_ + operands_,
                      [&](const Operand& x) { return x.base == f.target; });
}

// In place: what is copied as soon as it is written waits for the writes.
void Fused::read(Op& f, Words& words, void* const* memory) {
  const Kernels& k = kernels();
  f.family = words.small();
  const int code = words.small(), dtype = words.small();
  f.a = words.small();
  switch (f.family) {
    case TH_UNARY:
      f.unary = k.unary[dtype][code];
      break;
    case TH_CAST:
      f.unary = k.cast[dtype][code];
      break;
    case TH_BINARY:
    case TH_COMPARE:
      f.b = words.small();
      f.binary = (f.family == TH_BINARY ? k.binary[dtype] : k.compare[dtype])[code];
      break;
    default:
      f.b = words.small();
      f.c = words.small();
      f.select = k.select[dtype];
  }
  f.bytes = byte_size(words.small());
  f.where = static_cast<decltype(f.where)>(words.small());
  if (f.where == Op::kRegister) {
    f.place = words.small();
  } else if (f.where == Op::kPlace) {
    f.target = words.place(memory);
  }
}

void Fused::run(i64 begin, i64 end, char* aside) const {
  alignas(64) char registers[kArena];
  for (i64 i = begin; i < end; i += tile_) {
    const i64 n = std::min(tile_, end - i);
    tile(i, n, registers, aside);
    if (aside != nullptr) aside += n * aside_bytes_;
  }
  if (streams_ > 0) kernels().stream_end();
}

void Fused::tile(i64 begin, i64 n, char* registers, char* aside) const {
  const char* value[kMostOperands + kMostOps];
  i64 step[kMostOperands + kMostOps];
  for (int i = 0; i < operands_; ++i) {
    const Operand& x = operand_[i];
    step[i] = x.step;
    value[i] = x.walk >= 0 ? load(x, begin, n, registers + x.walk * register_bytes_, step[i])
                           : x.base + begin * x.step * x.bytes;
    // While this tile is computed, the next one comes near.
    const i64 ahead = x.walk >= 0 ? 0 : n * x.step * x.bytes;
    for (i64 at = 0; at < ahead; at += kLine) __builtin_prefetch(value[i] + ahead + at);
  }
  for (int i = 0; i < ops_; ++i) {
    const Op& f = op_[i];
    char* const y = f.where == Op::kPlace   ? f.target + begin * f.bytes
                    : f.where == Op::kAside ? aside
                                            : registers + f.place * register_bytes_;
    switch (f.family) {
      case TH_UNARY:
      case TH_CAST:
        f.unary(n, value[f.a], step[f.a], y);
        break;
      case TH_BINARY:
      case TH_COMPARE:
        f.binary(n, value[f.a], step[f.a], value[f.b], step[f.b], y);
        break;
      default:
        f.select(n, value[f.a], step[f.a], value[f.b], step[f.b], value[f.c], step[f.c], y);
    }
    if (f.where == Op::kStream) kernels().stream(n * f.bytes, y, f.target + begin * f.bytes);
    value[operands_ + i] = y;
    step[operands_ + i] = 1;
  }
}

// Where elements [begin, begin + n) of a walk lie: as they are where that is one run, else aside.
const char* Fused::load(const Operand& x, i64 begin, i64 n, char* aside, i64& step) const {
  const Loop<1>& loop = walk_[x.walk];
  const char* where = nullptr;
  loop.each(begin, begin + n, [&](i64 i, i64 m, const i64* offset) {
    const char* from = x.base + offset[0] * x.bytes;
    if (m == n) {
      where = from;
      step = loop.step(0);
    } else {
      where = aside;
      step = 1;
      spread(x.bytes, m, from, loop.step(0), aside + (i - begin) * x.bytes);
    }
  });
  return where;
}

}  // namespace th
