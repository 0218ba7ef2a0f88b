// The table of inner loops: filled once for each instruction set, chosen at load.
#pragma once

#include "loop.h"
#include "thimble.h"

namespace th {

enum DType : int {
  kF32 = TH_FLOAT32,
  kF64 = TH_FLOAT64,
  kI32 = TH_INT32,
  kI64 = TH_INT64,
  kU8 = TH_UINT8,
  kBool = TH_BOOL
};
constexpr int kDTypes = 6;
constexpr int kFloats = 2;
constexpr int kRandoms = TH_INTEGERS + 1;

enum class Unary : int {
#define UNARY(name, expression) name,
#include "ops.def"
#undef UNARY
  kCount
};
enum class Binary : int {
#define BINARY(name, expression) name,
#include "ops.def"
#undef BINARY
  kCount
};
enum class Compare : int {
#define COMPARE(name, expression) name,
#include "ops.def"
#undef COMPARE
  kCount
};
enum class Reduce : int {
#define REDUCE(name) name,
#include "ops.def"
#undef REDUCE
  kCount
};

// Axes of x as nested loops, the last one innermost.
struct Axes {
  int rank;
  i64 size[kMaxRank];
  i64 stride[kMaxRank];
};

// n elements; s… are steps between elements of an operand, results are contiguous.
using UnaryFn = void (*)(i64 n, const void* x, i64 sx, void* y);
using BinaryFn = void (*)(i64 n, const void* a, i64 sa, const void* b, i64 sb, void* y);
using SelectFn = void (*)(i64 n, const void* c, i64 sc, const void* a, i64 sa, const void* b,
                          i64 sb, void* y);
// y[j * sy] = op over all elements of the axes from x[j * sx] on, for j < n.
using ReduceFn = void (*)(const Axes& reduced, i64 n, const void* x, i64 sx, void* y, i64 sy);
// n elements of y in steps of sy from those of x, on each of `lines` lines that are lx and ly apart.
using ScanFn = void (*)(i64 n, const void* x, i64 sx, void* y, i64 sy, i64 lines, i64 lx, i64 ly);
// Numbers [first, first + n) of the stream of a key; first is a multiple of 4.
using RandomFn = void (*)(i64 first, i64 n, i64 key, i64 low, i64 range, void* y);
using CopyFn = void (*)(i64 n, const void* x, i64 sx, void* y, i64 sy);

// Two loops for one thing: along a line at a time, or along all lines side by side.
struct Scan {
  ScanFn rows, columns;
};

struct Kernels {
  const char* name;
  UnaryFn unary[kDTypes][static_cast<int>(Unary::kCount)];
  BinaryFn binary[kDTypes][static_cast<int>(Binary::kCount)];
  BinaryFn compare[kDTypes][static_cast<int>(Compare::kCount)];
  SelectFn select[kDTypes];
  UnaryFn cast[kDTypes][kDTypes];
  CopyFn copy[kDTypes];
  RandomFn random[kRandoms][kDTypes];                           // null where there are no such numbers
  ReduceFn rows[kDTypes][static_cast<int>(Reduce::kCount)];     // a result at a time
  ReduceFn columns[kDTypes][static_cast<int>(Reduce::kCount)];  // results side by side
  Scan softmax[2][kFloats];                                     // [1] is its logarithm
  Scan cumsum[kDTypes];
};

// The table that computes: this machine's best, or the one that th_isa_use chose.
const Kernels& kernels();

constexpr i64 byte_size(int dtype) {
  return dtype == kF64 || dtype == kI64 ? 8 : dtype == kF32 || dtype == kI32 ? 4 : 1;
}

// Where the element at an offset lies.
inline const char* at(const void* base, i64 offset, i64 bytes) {
  return static_cast<const char*>(base) + offset * bytes;
}
inline char* at(void* base, i64 offset, i64 bytes) {
  return static_cast<char*>(base) + offset * bytes;
}

}  // namespace th
