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
// Makes elements [i, i + n) of a row that is in no memory, n at most kLeaf, and says where they
// are.
struct Maker {
  const void* (*make)(const void* context, i64 i, i64 n);
  const void* context;
};
// y = op over n elements that are made, in blocks of kLeaf.
constexpr i64 kLeaf = 1024;
// Columns are folded in strips of so many at most.
constexpr int kStrip = 1024;
using ReduceMadeFn = void (*)(i64 n, const Maker& x, void* y);
// n elements of y in steps of sy from those of x, on each of `lines` lines that are lx and ly
// apart.
using ScanFn = void (*)(i64 n, const void* x, i64 sx, void* y, i64 sy, i64 lines, i64 lx, i64 ly);
// Numbers [first, first + n) of the stream of a key; first is a multiple of 4.
using RandomFn = void (*)(i64 first, i64 n, i64 key, i64 low, i64 range, void* y);

// y[i, j] = x[i, j] in a rectangle; steps count elements.
struct Rectangle {
  i64 rows, columns;
  i64 x_row, x_column, y_row, y_column;
  bool stream;  // past the caches

  // Whether x lies along the rows rather than along the columns, as y does.
  bool across() const {
    const i64 row = x_row < 0 ? -x_row : x_row, column = x_column < 0 ? -x_column : x_column;
    return rows > 1 && columns > 1 && row != 0 && row < column;
  }
};
constexpr i64 kLine = 64;  // bytes of a cache line
// Bytes of y down the rows, and along them, that a rectangle across is best moved in; more rows
// where whole lines of it go past the caches.
constexpr i64 kAcrossRows = 256, kAcrossColumns = 512, kStreamedRows = 2048;

// Results of so many bytes are written past the caches, without reading their lines first: nothing
// that comes after would find them there.
constexpr i64 kStreamed = i64{8} << 20;

using CopyFn = void (*)(const Rectangle& r, const void* x, void* y);
// y = x past the caches, of n bytes; to be followed, at last, by a StreamEndFn.
using StreamFn = void (*)(i64 n, const void* x, void* y);
using StreamEndFn = void (*)();
// The first i < n whose index is not in [0, bound); n for none.
using OutsideFn = i64 (*)(i64 n, const i64* index, i64 si, i64 bound);
// n places of an index and of the operands at them: x moves by x for each, y by y, and the one that
// is indexed by `along` for each index besides.
struct Places {
  i64 n;
  const i64* index;
  i64 step, along;  // of the index, of what is indexed
  i64 x, y;
};
// A row of m elements at each place: y = x, x indexed, up to the first i < n whose index is not in
// [0, bound), which it gives; n for none.
using GatherFn = i64 (*)(const Places& at, i64 bound, i64 m, const void* x, i64 sx, void* y,
                         i64 sy);
// y += x, y indexed, in order.
using ScatterFn = void (*)(const Places& at, i64 m, const void* x, i64 sx, void* y, i64 sy);

// n lines of `depth` elements in panels of as many lines as a tile of a product has rows or
// columns: element p of line i is at (i / lines * depth + p) * lines + i % lines of y. Lines are
// `line` apart in x, their elements `step`. The last panel may hold anything beyond the n lines.
using PackFn = void (*)(i64 n, i64 depth, const void* x, i64 line, i64 step, void* y);
// C[m, n], with rows that are c_row apart, = or += A B, both packed.
using TilesFn = void (*)(i64 m, i64 n, i64 depth, const void* a, const void* b, void* c, i64 c_row,
                         bool add);
struct Products {
  int rows, columns;  // of a tile
  double tiny;        // a product of so many multiplications is not worth the packing
  PackFn pack_rows, pack_columns;
  TilesFn multiply;
};

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
  StreamFn stream;
  StreamEndFn stream_end;
  OutsideFn outside;
  GatherFn gather[kDTypes];
  ScatterFn scatter_add[kDTypes];
  RandomFn random[kRandoms][kDTypes];  // null where there are no such numbers
  ReduceFn rows[kDTypes][static_cast<int>(Reduce::kCount)];     // a result at a time
  ReduceFn columns[kDTypes][static_cast<int>(Reduce::kCount)];  // results side by side
  ReduceMadeFn made[kDTypes][static_cast<int>(Reduce::kCount)];  // null where one pass is not all
  Scan softmax[2][kFloats];                                     // [1] is its logarithm
  Scan cumsum[kDTypes];
  Products products[kFloats];
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
