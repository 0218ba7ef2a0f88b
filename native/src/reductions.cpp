// The C entry points of reductions and scans.
#include "error.h"
#include "kernels.h"
#include "loop.h"
#include "memory.h"
#include "move.h"
#include "parallel.h"

namespace th {
namespace {

bool is_index(Reduce op) { return op == Reduce::ARGMAX || op == Reduce::ARGMIN; }

// The dtype of a sum, a product or a running sum.
int sum_dtype(int dtype) { return dtype == kF32 || dtype == kF64 ? dtype : static_cast<int>(kI64); }

int result_dtype(Reduce op, int dtype) {
  if (is_index(op)) return kI64;
  return op == Reduce::SUM || op == Reduce::PROD ? sum_dtype(dtype) : dtype;
}

// The axes of a reduction, split: kept ones and reduced ones, each with the strides of x.
struct Split {
  int kept = 0, reduced = 0;
  i64 kept_layout[2 * kMaxRank];
  i64 reduced_layout[2 * kMaxRank];

  Split(int rank, const i64* layout, int axes) {
    for (int d = 0; d < rank; ++d) ((axes >> d) & 1 ? reduced : kept)++;
    int k = 0, r = 0;
    for (int d = 0; d < rank; ++d) {
      const bool is_reduced = (axes >> d) & 1;
      i64* sizes = is_reduced ? reduced_layout : kept_layout;
      int& next = is_reduced ? r : k;
      sizes[next] = layout[d];
      sizes[(is_reduced ? reduced : kept) + next] = layout[rank + d];
      ++next;
    }
  }
};

// One long row in fixed blocks, their results combined as a row of its own.
void long_row(Reduce op, int dtype, i64 n, const void* x, i64 step, void* y) {
  constexpr i64 kBlock = 8 * kGrain;
  const i64 bytes = byte_size(dtype);
  const RowFn f = kernels().row[dtype][static_cast<int>(op)];
  if (n <= kBlock || is_index(op) || op == Reduce::LOGSUMEXP || op == Reduce::NORM) {
    f(n, x, step, y);
    return;
  }
  const i64 blocks = (n + kBlock - 1) / kBlock;
  const int result = result_dtype(op, dtype);
  Scratch partial(blocks * byte_size(result));
  parallel(blocks, [&](i64 b) {
    const i64 begin = b * kBlock;
    f(n - begin < kBlock ? n - begin : kBlock, at(x, begin * step, bytes), step,
      at(partial.get(), b, byte_size(result)));
  });
  kernels().row[result][static_cast<int>(op)](blocks, partial.get(), 1, y);
}

void rows(Reduce op, int dtype, const Loop<1>& kept, i64 n, i64 step, const void* x, void* y) {
  const i64 bytes = byte_size(dtype), out = byte_size(result_dtype(op, dtype));
  const RowFn f = kernels().row[dtype][static_cast<int>(op)];
  auto each_row = [&](i64 i, i64 m, const i64* offset) {
    for (i64 j = 0; j < m; ++j)
      f(n, at(x, offset[0] + j * kept.step(0), bytes), step, at(y, i + j, out));
  };
  if (kept.count < 16 && n > kGrain) {
    kept.each(0, kept.count, [&](i64 i, i64 m, const i64* offset) {
      for (i64 j = 0; j < m; ++j)
        long_row(op, dtype, n, at(x, offset[0] + j * kept.step(0), bytes), step, at(y, i + j, out));
    });
    return;
  }
  const i64 grain = n >= kGrain ? 1 : kGrain / (n + 1) + 1;
  parallel_ranges(kept.count, grain, [&](i64 begin, i64 end) { kept.each(begin, end, each_row); });
}

void reduce(Reduce op, int dtype, int rank, const i64* layout, int axes, const void* x, void* y) {
  const Split split(rank, layout, axes);
  const Loop<1> kept(split.kept, split.kept_layout);
  const Loop<1> reduced(split.reduced, split.reduced_layout);
  if (kept.count == 0) return;
  if (reduced.count == 0) {  // no x to step through
    const i64 lines[2] = {kept.count, 0};
    rows(op, dtype, Loop<1>(1, lines), 0, 1, x, y);
    return;
  }
  const i64 bytes = byte_size(dtype);
  if (reduced.rank == 1) {
    const ColumnsFn columns = kernels().columns[dtype][static_cast<int>(op)];
    const bool by_columns = columns != nullptr && kept.step(0) == 1 && kept.inner() >= 8 &&
                            reduced.step(0) != 1 && reduced.count > 0;
    if (!by_columns) {
      rows(op, dtype, kept, reduced.count, reduced.step(0), x, y);
      return;
    }
    const i64 strip = kGrain / reduced.count >= 128 ? kGrain / reduced.count / 128 * 128 : 128;
    parallel_ranges(kept.count, strip, [&](i64 begin, i64 end) {
      kept.each(begin, end, [&](i64 i, i64 n, const i64* offset) {
        columns(reduced.count, n, at(x, offset[0], bytes), reduced.step(0),
                at(y, i, byte_size(result_dtype(op, dtype))));
      });
    });
    return;
  }
  // Reduced axes that are not one: bring them together at the end first.
  i64 order[3 * kMaxRank];
  for (int d = 0; d < split.kept; ++d) {
    order[d] = split.kept_layout[d];
    order[rank + d] = split.kept_layout[split.kept + d];
  }
  for (int d = 0; d < split.reduced; ++d) {
    order[split.kept + d] = split.reduced_layout[d];
    order[rank + split.kept + d] = split.reduced_layout[split.reduced + d];
  }
  i64 stride = 1;
  for (int d = rank - 1; d >= 0; --d) {
    order[2 * rank + d] = stride;
    stride *= order[d];
  }
  Scratch together(kept.count * reduced.count * bytes);
  copy(dtype, rank, order, x, together.get());
  const i64 lines[2] = {kept.count, reduced.count};
  rows(op, dtype, Loop<1>(1, lines), reduced.count, 1, together.get(), y);
}

// y along an axis from x along it, for each place on the other axes.
void scan(ScanFn f, int rank, const i64* layout, int axis, i64 in_bytes, i64 out_bytes,
          const void* x, void* y) {
  i64 others[3 * kMaxRank];
  i64 stride = 1, along = 0;
  for (int d = rank - 1; d >= 0; --d) {
    others[d] = d == axis ? 1 : layout[d];
    others[rank + d] = layout[rank + d];
    others[2 * rank + d] = stride;
    if (d == axis) along = stride;
    stride *= layout[d];
  }
  const i64 n = layout[axis], step = layout[rank + axis];
  const Loop<2> loop(rank, others);
  parallel_ranges(loop.count, n >= kGrain ? 1 : kGrain / (n + 1) + 1, [&](i64 begin, i64 end) {
    loop.each(begin, end, [&](i64, i64 m, const i64* offset) {
      for (i64 j = 0; j < m; ++j)
        f(n, at(x, offset[0] + j * loop.step(0), in_bytes), step,
          at(y, offset[1] + j * loop.step(1), out_bytes), along);
    });
  });
}

}  // namespace
}  // namespace th

using namespace th;

extern "C" {

void th_reduce(int32_t op, int32_t dtype, int32_t rank, const long long* layout, int32_t axes,
               const void* x, void* y, th_error* error) noexcept {
  guard(error, [&] { reduce(static_cast<Reduce>(op), dtype, rank, layout, axes, x, y); });
}

void th_softmax(int32_t log, int32_t dtype, int32_t rank, const long long* layout, int32_t axis,
                const void* x, void* y, th_error* error) noexcept {
  guard(error, [&] {
    const i64 bytes = byte_size(dtype);
    scan(log ? kernels().log_softmax[dtype] : kernels().softmax[dtype], rank, layout, axis, bytes,
         bytes, x, y);
  });
}

void th_cumsum(int32_t dtype, int32_t rank, const long long* layout, int32_t axis, const void* x,
               void* y, th_error* error) noexcept {
  guard(error, [&] {
    scan(kernels().cumsum[dtype], rank, layout, axis, byte_size(dtype),
         byte_size(sum_dtype(dtype)), x, y);
  });
}

}  // extern "C"
