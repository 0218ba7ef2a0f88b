// Matrix products: batches and tiles on our pool, each tile one single-threaded call of BLAS.
#include <climits>
#include <optional>
#include <stdexcept>

#include "blas.h"
#include "error.h"
#include "kernels.h"
#include "loop.h"
#include "matmul.h"
#include "memory.h"
#include "move.h"
#include "parallel.h"

namespace th {
namespace {

// A matrix as BLAS takes it: rows `ld` apart, or the transpose of that.
struct Operand {
  bool transposed;
  i64 ld;
  i64 row, column;  // steps of the matrix as the caller means it
};

// Whether BLAS can read a rows × columns matrix with these steps as it lies, and how. The step
// along an axis of size 1 does not matter.
bool readable(i64 rows, i64 columns, i64 row, i64 column, Operand& out) {
  if ((column == 1 || columns == 1) && (row >= columns || rows == 1)) {
    const i64 ld = rows == 1 ? columns : row;
    out = {false, ld, ld, 1};
    return ld <= INT_MAX;
  }
  if ((row == 1 || rows == 1) && (column >= rows || columns == 1)) {
    const i64 ld = columns == 1 ? rows : column;
    out = {true, ld, 1, ld};
    return ld <= INT_MAX;
  }
  return false;
}

// The tiles of one product: a function of its shape alone, so that the sums are the same for every
// number of threads. OpenBLAS has a kernel without packing for m·n·k <= 10^6 that does 100 GFLOP/s
// where the packing one does 65 to 80 on products of some 10^7 multiplications, and the packing one
// gains with size: so middle-sized products are cut into small ones (along k too, added up in
// order), large ones only into as many as a pool may want.
struct Grid {
  i64 rows, columns, depth;  // of a tile
  i64 across, count;

  Grid(i64 m, i64 n, i64 k) : rows(m), columns(n), depth(k) {
    constexpr double kSmall = 1e6, kMiddle = 2.5e8;
    const double work = times(m, n, k);
    if (work > kMiddle) {
      const double goal = work / 64 > 8 * kSmall ? work / 64 : 8 * kSmall;
      while (times(rows, columns, k) > goal) {
        i64& larger = rows >= columns ? rows : columns;
        if (larger <= 16) break;  // all of it is depth
        larger = (larger / 2 + 15) / 16 * 16;
      }
    } else if (work > kSmall) {
      columns = pieces(n, 128, 1, 16);
      rows = pieces(m, 48, 2, 8);  // in pairs, for two threads to share
      depth = pieces(k, static_cast<i64>(kSmall) / (rows * columns), 1, 1);
    }
    across = (n + columns - 1) / columns;
    count = across * ((m + rows - 1) / rows);
  }

 private:
  static double times(i64 a, i64 b, i64 c) {
    return static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c);
  }

  // The size of n cut into even pieces of at most `most`, their number a multiple of `group`, then
  // down to a multiple that suits the kernels; what that leaves over is a small piece at the end.
  static i64 pieces(i64 n, i64 most, i64 group, i64 multiple) {
    if (n <= most) return n;
    const i64 count = ((n + most - 1) / most + group - 1) / group * group;
    const i64 size = (n + count - 1) / count;
    return size > multiple ? size / multiple * multiple : size;
  }
};

template <class T>
void product(int32_t dtype, int32_t batch_rank, const i64* layout, i64 m, i64 n, i64 k, const T* a,
             const T* b, T* c, const Fused* after) {
  const int wide = batch_rank + 2;
  const i64* a_stride = layout + batch_rank;
  const i64* b_stride = a_stride + wide;
  i64 batches = 1;
  for (int d = 0; d < batch_rank; ++d) batches *= layout[d];
  if (batches == 0 || m == 0 || n == 0) return;
  const i64 c_count = batches * m * n;
  if (k == 0) {
    const T zero = 0;
    const i64 the_same_everywhere[3] = {c_count, 0, 1};
    copy(dtype, 1, the_same_everywhere, &zero, c);
    if (after != nullptr) after->run(0, c_count);
    return;
  }
  require_blas();

  // An operand that BLAS cannot read as it lies is first made contiguous, all of its batches.
  i64 batch_layout[3 * kMaxRank];
  std::optional<Scratch> copies[2];
  Operand oa{}, ob{};
  const T* base[2] = {a, b};
  Operand* operands[2] = {&oa, &ob};
  for (int d = 0; d < batch_rank; ++d) batch_layout[d] = layout[d];
  for (int which = 0; which < 2; ++which) {
    const i64* stride = which == 0 ? a_stride : b_stride;
    const i64 rows = which == 0 ? m : k, columns = which == 0 ? k : n;
    i64* batch_stride = batch_layout + (which + 1) * batch_rank;
    for (int d = 0; d < batch_rank; ++d) batch_stride[d] = stride[d];
    if (readable(rows, columns, stride[batch_rank], stride[batch_rank + 1], *operands[which]))
      continue;
    i64 full[3 * kMaxRank];
    i64 step = 1;
    for (int d = wide - 1; d >= 0; --d) {
      full[d] = d < batch_rank ? layout[d] : d == batch_rank ? rows : columns;
      full[wide + d] = stride[d];
      // A batch axis that repeats the same matrix is copied once.
      const bool repeated = d < batch_rank && stride[d] == 0;
      if (repeated) full[d] = 1;
      full[2 * wide + d] = step;
      if (d < batch_rank) batch_stride[d] = repeated ? 0 : step;
      step *= full[d];
    }
    copies[which].emplace(step * static_cast<i64>(sizeof(T)));
    copy(dtype, wide, full, base[which], copies[which]->get());
    base[which] = static_cast<const T*>(copies[which]->get());
    readable(rows, columns, columns, 1, *operands[which]);
  }

  const Loop<2> batch(batch_rank, batch_layout);
  const Grid grid(m, n, k);
  // Small products of a batch go to a thread several at a time.
  const double flops =
      2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const i64 grain = grid.count > 1 || flops > 1e6 ? 1 : static_cast<i64>(1e6 / flops) + 1;
  parallel_ranges(batches * grid.count, grain, [&](i64 begin, i64 end) {
    for (i64 chunk = begin; chunk < end; ++chunk) {
      const i64 tile = chunk % grid.count, i = chunk / grid.count;
      const i64 row = tile / grid.across * grid.rows, column = tile % grid.across * grid.columns;
      batch.each(i, i + 1, [&](i64, i64, const i64* offset) {
        for (i64 from = 0; from < k; from += grid.depth) {
          const Gemm g{oa.transposed,
                       ob.transposed,
                       from > 0,
                       static_cast<int>(m - row < grid.rows ? m - row : grid.rows),
                       static_cast<int>(n - column < grid.columns ? n - column : grid.columns),
                       static_cast<int>(k - from < grid.depth ? k - from : grid.depth),
                       static_cast<int>(oa.ld),
                       static_cast<int>(ob.ld),
                       static_cast<int>(n)};
          gemm(g, base[0] + offset[0] + row * oa.row + from * oa.column,
               base[1] + offset[1] + column * ob.column + from * ob.row,
               c + i * m * n + row * n + column);
        }
      });
      if (after != nullptr) {
        const i64 rows = m - row < grid.rows ? m - row : grid.rows;
        const i64 columns = n - column < grid.columns ? n - column : grid.columns;
        const i64 first = i * m * n + row * n + column;
        if (columns == n) {
          after->run(first, first + rows * n);
        } else {
          for (i64 r = 0; r < rows; ++r) after->run(first + r * n, first + r * n + columns);
        }
      }
    }
  });
}

}  // namespace

void matmul(int dtype, int batch_rank, const i64* layout, i64 m, i64 n, i64 k, const void* a,
            const void* b, void* c, const Fused* after) {
  if (m > INT_MAX || n > INT_MAX || k > INT_MAX)
    throw std::length_error("a side of a matrix is longer than BLAS can count");
  if (dtype == kF32)
    product(dtype, batch_rank, layout, m, n, k, static_cast<const float*>(a),
            static_cast<const float*>(b), static_cast<float*>(c), after);
  else
    product(dtype, batch_rank, layout, m, n, k, static_cast<const double*>(a),
            static_cast<const double*>(b), static_cast<double*>(c), after);
}

}  // namespace th

extern "C" void th_matmul(int32_t dtype, int32_t batch_rank, const long long* layout, long long m,
                          long long n, long long k, const void* a, const void* b, void* c,
                          th_error* error) noexcept {
  th::guard(error,
            [&] { th::matmul(dtype, batch_rank, layout, m, n, k, a, b, c, nullptr); });
}
