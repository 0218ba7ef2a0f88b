// The table of inner loops: filled once for each instruction set, chosen at load.
#pragma once

#include "thimble.h"

namespace th {

using i64 = long long;

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

// n elements; s… are steps between elements of an operand, results are contiguous.
using UnaryFn = void (*)(i64 n, const void* x, i64 sx, void* y);
using BinaryFn = void (*)(i64 n, const void* a, i64 sa, const void* b, i64 sb, void* y);
using SelectFn = void (*)(i64 n, const void* c, i64 sc, const void* a, i64 sa, const void* b,
                          i64 sb, void* y);
// y[0] = op over n elements of x.
using RowFn = void (*)(i64 n, const void* x, i64 sx, void* y);
// y[j] = op over rows i < n of x[i * row + j], j < columns.
using ColumnsFn = void (*)(i64 n, i64 columns, const void* x, i64 row, void* y);
// y along one axis from x along it.
using ScanFn = void (*)(i64 n, const void* x, i64 sx, void* y, i64 sy);
// Numbers [first, first + n) of the stream of a key; first is a multiple of 4.
using RandomFn = void (*)(i64 first, i64 n, i64 key, i64 low, i64 range, void* y);
using CopyFn = void (*)(i64 n, const void* x, i64 sx, void* y, i64 sy);

struct Kernels {
  const char* name;
  UnaryFn unary[kDTypes][static_cast<int>(Unary::kCount)];
  BinaryFn binary[kDTypes][static_cast<int>(Binary::kCount)];
  BinaryFn compare[kDTypes][static_cast<int>(Compare::kCount)];
  SelectFn select[kDTypes];
  UnaryFn cast[kDTypes][kDTypes];
  CopyFn copy[kDTypes];
  RandomFn random[kRandoms][kDTypes];  // null where there are no such numbers
  RowFn row[kDTypes][static_cast<int>(Reduce::kCount)];
  ColumnsFn columns[kDTypes][static_cast<int>(Reduce::kCount)];  // null: the row form serves
  ScanFn softmax[kFloats];
  ScanFn log_softmax[kFloats];
  ScanFn cumsum[kDTypes];
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
