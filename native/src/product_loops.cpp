// Inner loops of matrix products: operands are packed into panels that are read in order, tiles of
// the result are summed up in registers. Compiled once for each instruction set.
//
// After Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008).
#include "kernels.h"
#include "vector.h"

namespace th::TH_ISA {
namespace {

// A tile is so many rows of two vectors: the sums take 12 of 16 registers, or 24 of 32.
#if defined(__AVX512F__) || defined(__aarch64__) || defined(_M_ARM64)
constexpr int kTileRows = 12;
#else
constexpr int kTileRows = 6;
#endif
template <class T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));
template <class T>
constexpr int kTileColumns = 2 * kLanes<T>;

// -- Packing --------------------------------------------------------------------------------------

// A panel of lines that lie side by side.
template <class T, int Lines>
void pack_beside(i64 n, i64 depth, const T* x, i64 step, T* y) {
  for (i64 p = 0; p < depth; ++p, x += step, y += Lines) {
    if (n == Lines) {
      __builtin_memcpy(y, x, sizeof(T) * Lines);
    } else {
      for (int i = 0; i < Lines; ++i) y[i] = i < n ? x[i] : T(0);
    }
  }
}

// Lines from First on, each from its element p on: squares are transposed in registers.
template <class T, int Lines, int First = 0>
[[gnu::always_inline]] inline void pack_squares(const T* const* line, i64 p, T* y) {
  if constexpr (First < Lines) {
    constexpr int side = kSide<T>, lines = Lines - First < side ? Lines - First : side;
    Side<T> v[side];
    for (int i = 0; i < side; ++i) v[i] = load<Side<T>>(line[First + i] + p);
    transpose<T>(v);
    for (int i = 0; i < side; ++i)
      __builtin_memcpy(y + i * Lines + First, &v[i], sizeof(T) * lines);
    pack_squares<T, Lines, First + side>(line, p, y);
  }
}

// A panel of lines that lie one after another.
template <class T, int Lines>
void pack_across(i64 n, i64 depth, const T* x, i64 line, T* y) {
  constexpr int side = kSide<T>;
  const T* lines[Lines + side];
  for (int i = 0; i < Lines + side; ++i) lines[i] = x + (i < n ? i : n - 1) * line;
  i64 p = 0;
  for (; p + side <= depth; p += side) pack_squares<T, Lines>(lines, p, y + p * Lines);
  for (; p < depth; ++p)
    for (int i = 0; i < Lines; ++i) y[p * Lines + i] = lines[i][p];
}

template <class T, int Lines>
void pack(i64 n, i64 depth, const void* px, i64 line, i64 step, void* py) {
  const T* x = static_cast<const T*>(px);
  T* y = static_cast<T*>(py);
  for (; n > 0; n -= Lines, x += Lines * line, y += Lines * depth) {
    const i64 lines = n < Lines ? n : Lines;
    if (line == 1) {
      pack_beside<T, Lines>(lines, depth, x, step, y);
    } else if (step == 1) {
      pack_across<T, Lines>(lines, depth, x, line, y);
    } else {
      for (i64 p = 0; p < depth; ++p)
        for (int i = 0; i < Lines; ++i)
          y[p * Lines + i] = i < lines ? x[i * line + p * step] : T(0);
    }
  }
}

// -- Tiles ----------------------------------------------------------------------------------------

// A tile of as many columns as its vectors have lanes, of a panel that may have more.
template <class T, int Vectors, bool Add>
void tile(i64 depth, const T* a, const T* b, T* c, i64 c_row) {
  using V = Vector<T>;
  V sum[kTileRows][Vectors] = {};
  for (int i = 0; i < kTileRows; ++i) __builtin_prefetch(c + i * c_row, 1);
  for (i64 p = 0; p < depth; ++p, a += kTileRows, b += kTileColumns<T>) {
    V beside[Vectors];
    for (int v = 0; v < Vectors; ++v) beside[v] = load<V>(b + v * kLanes<T>);
    TH_UNROLL
    for (int i = 0; i < kTileRows; ++i) {
      const V once = a[i] - V{};
      TH_UNROLL
      for (int v = 0; v < Vectors; ++v) sum[i][v] = muladd(once, beside[v], sum[i][v]);
    }
  }
  TH_UNROLL
  for (int i = 0; i < kTileRows; ++i)
    TH_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      T* const to = c + i * c_row + v * kLanes<T>;
      store(Add ? load<V>(to) + sum[i][v] : sum[i][v], to);
    }
}

// The tile at an edge, of which only a part is wanted.
template <class T, int Vectors>
void part_of_tile(i64 m, i64 n, i64 depth, const T* a, const T* b, T* c, i64 c_row, bool add) {
  T all[kTileRows * kTileColumns<T>];
  tile<T, Vectors, false>(depth, a, b, all, kTileColumns<T>);
  for (i64 i = 0; i < m; ++i)
    for (i64 j = 0; j < n; ++j) {
      const T sum = all[i * kTileColumns<T> + j];
      c[i * c_row + j] = add ? c[i * c_row + j] + sum : sum;
    }
}

template <class T>
void multiply(i64 m, i64 n, i64 depth, const void* pa, const void* pb, void* pc, i64 c_row,
              bool add) {
  const T* b = static_cast<const T*>(pb);
  for (i64 j = 0; j < n; j += kTileColumns<T>, b += depth * kTileColumns<T>) {
    const T* a = static_cast<const T*>(pa);
    const i64 columns = n - j < kTileColumns<T> ? n - j : kTileColumns<T>;
    for (i64 i = 0; i < m; i += kTileRows, a += depth * kTileRows) {
      const i64 rows = m - i < kTileRows ? m - i : kTileRows;
      T* const c = static_cast<T*>(pc) + i * c_row + j;
      if (columns <= kLanes<T>) {
        part_of_tile<T, 1>(rows, columns, depth, a, b, c, c_row, add);
      } else if (rows < kTileRows || columns < kTileColumns<T>) {
        part_of_tile<T, 2>(rows, columns, depth, a, b, c, c_row, add);
      } else if (add) {
        tile<T, 2, true>(depth, a, b, c, c_row);
      } else {
        tile<T, 2, false>(depth, a, b, c, c_row);
      }
    }
  }
}

// OpenBLAS has a kernel for small products with AVX-512, where it is quicker; with AVX2 it is not.
#if defined(__AVX2__) && !defined(__AVX512F__)
constexpr double kTiny = 2e4;
#else
constexpr double kTiny = 1e6;
#endif

template <class T>
constexpr Products products = {kTileRows, kTileColumns<T>, kTiny,
                               pack<T, kTileRows>, pack<T, kTileColumns<T>>, multiply<T>};

}  // namespace

void fill_products(Kernels& k) {
  k.products[kF32] = products<float>;
  k.products[kF64] = products<double>;
}

}  // namespace th::TH_ISA
