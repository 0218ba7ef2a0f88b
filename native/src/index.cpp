// Gather and scatter_add along an axis. Trailing axes on which the index does not depend make rows
// that are moved as a whole.
#include <atomic>

#include "error.h"
#include "kernels.h"
#include "parallel.h"

namespace th {
namespace {

// How many leading axes tell the rows apart.
int leading_axes(int rank, const i64* size, const i64* index_step, int axis) {
  int leading = rank;
  while (leading - 1 > axis && (index_step[leading - 1] == 0 || size[leading - 1] == 1)) --leading;
  return leading;
}

// The layout of axes [begin, end), of K operands.
template <int K>
Loop<K> axes(int begin, int end, int rank, const i64* layout) {
  i64 part[(K + 1) * kMaxRank];
  for (int k = 0; k <= K; ++k)
    for (int d = begin; d < end; ++d) part[k * (end - begin) + d - begin] = layout[k * rank + d];
  return Loop<K>(end - begin, part);
}

// The first place in the order of the loop where an index is out of bounds, whichever thread finds
// one first.
class FirstBad {
 public:
  void record(i64 i) {
    i64 first = first_.load(std::memory_order_relaxed);
    while (i < first && !first_.compare_exchange_weak(first, i, std::memory_order_relaxed)) {
    }
  }

  // The loop's operand K is the index.
  template <int K, int Operands>
  void raise(const Loop<Operands>& loop, const i64* index) const {
    const i64 first = first_.load(std::memory_order_relaxed);
    if (first == kNone) return;
    loop.each(first, first + 1,
              [&](i64, i64, const i64* offset) { throw BadIndex{index[offset[K]]}; });
  }

 private:
  static constexpr i64 kNone = INT64_MAX;
  std::atomic<i64> first_{kNone};
};

// y is written in part where an index is out of bounds.
void gather(int dtype, int rank, const i64* layout, int axis, i64 bound, const void* x,
            const i64* index, void* y) {
  const i64 bytes = byte_size(dtype), along = layout[rank + axis];
  const Kernels& k = kernels();
  // x moves with every axis but its own: there the index says where. y is contiguous.
  i64 moved[4 * kMaxRank];
  i64 step = 1;
  for (int d = rank - 1; d >= 0; --d) {
    moved[d] = layout[d];
    moved[rank + d] = d == axis ? 0 : layout[rank + d];
    moved[2 * rank + d] = layout[2 * rank + d];
    moved[3 * rank + d] = step;
    step *= layout[d];
  }
  if (step == 0) return;
  const int leading = leading_axes(rank, layout, layout + 2 * rank, axis);
  const Loop<2> outer = axes<2>(0, leading, rank, moved);
  const Loop<3> row = axes<3>(leading, rank, rank, moved);
  FirstBad bad;
  // Long rows are cut: so many pieces to each.
  const i64 pieces = (row.count + kGrain - 1) / kGrain;
  const i64 grain = pieces > 1 ? 1 : kGrain / row.count + (row.count > 1 ? 1 : 0);
  parallel_ranges(outer.count * pieces, grain, [&](i64 begin, i64 end) {
    const i64 from = begin % pieces * kGrain;
    const i64 to = row.count - from < kGrain ? row.count : from + kGrain;
    outer.each(begin / pieces, (end - 1) / pieces + 1, [&](i64 i, i64 n, const i64* offset) {
      const Places places{n,         index + offset[1], outer.step(1), along, outer.step(0),
                          row.count};
      row.each(from, to, [&](i64, i64 m, const i64* inside) {
        const i64 wrong =
            k.gather[dtype](places, bound, m, at(x, offset[0] + inside[0], bytes), row.step(0),
                            at(y, i * row.count + inside[2], bytes), row.step(2));
        if (wrong < n) bad.record(i + wrong);
      });
    });
  });
  bad.raise<1>(outer, index);
}

// Before anything is added: y is as it was where an index is out of bounds.
void check_bounds(int rank, const i64* size, const i64* index_step, const i64* index, i64 bound) {
  i64 layout[2 * kMaxRank];
  for (int d = 0; d < rank; ++d) {
    layout[d] = index_step[d] == 0 && size[d] > 0 ? 1 : size[d];
    layout[rank + d] = index_step[d];
  }
  const Loop<1> loop(rank, layout);
  FirstBad bad;
  parallel_ranges(loop.count, kGrain, [&](i64 begin, i64 end) {
    loop.each(begin, end, [&](i64 i, i64 n, const i64* offset) {
      const i64 wrong = kernels().outside(n, index + offset[0], loop.step(0), bound);
      if (wrong < n) bad.record(i + wrong);
    });
  });
  bad.raise<0>(loop, index);
}

// One thread's part: layout as of th_scatter_add, with `along` for y's step along the axis, and 0
// in its place.
void scatter_part(int dtype, int rank, const i64* layout, int axis, i64 along, const void* x,
                  const i64* index, void* y) {
  const i64 bytes = byte_size(dtype);
  const Kernels& k = kernels();
  const int leading = leading_axes(rank, layout, layout + 2 * rank, axis);
  const Loop<3> outer = axes<3>(0, leading, rank, layout);
  const Loop<3> row = axes<3>(leading, rank, rank, layout);
  outer.each(0, outer.count, [&](i64, i64 n, const i64* offset) {
    const Places places{n, index + offset[1], outer.step(1), along, outer.step(0), outer.step(2)};
    row.each(0, row.count, [&](i64, i64 m, const i64* inside) {
      k.scatter_add[dtype](places, m, at(x, offset[0] + inside[0], bytes), row.step(0),
                           at(y, offset[2] + inside[2], bytes), row.step(2));
    });
  });
}

// The axis along which the work is cut, which is never the one of the index: what is added to one
// place stays in one piece, and in order. Pieces of the last axis hold at least so many elements.
constexpr i64 kLeast = 128;

struct Cut {
  int axis = -1;  // none
  i64 pieces = 1, size = 0;

  Cut(int rank, const i64* size_of, i64 count, int index_axis) {
    const i64 wanted = count / kGrain < 64 ? count / kGrain : 64;
    for (int d = 0; d < rank; ++d) {
      if (d == index_axis) continue;
      const i64 most = d == rank - 1 ? size_of[d] / kLeast : size_of[d];
      const i64 n = most < wanted ? most : wanted;
      if (n > pieces) {
        axis = d;
        pieces = n;
      }
    }
    if (axis >= 0) size = (size_of[axis] + pieces - 1) / pieces;
  }
};

void scatter_add(int dtype, int rank, const i64* layout, int axis, i64 bound, const void* x,
                 const i64* index, void* y) {
  i64 moved[4 * kMaxRank];
  i64 count = 1;
  for (int d = 0; d < 4 * rank; ++d) moved[d] = layout[d];
  for (int d = 0; d < rank; ++d) count *= layout[d];
  const i64 along = layout[3 * rank + axis], bytes = byte_size(dtype);
  moved[3 * rank + axis] = 0;
  if (count == 0) return;
  check_bounds(rank, layout, layout + 2 * rank, index, bound);
  const Cut cut(rank, layout, count, axis);
  parallel(cut.pieces, [&](i64 piece) {
    if (cut.axis < 0) {
      scatter_part(dtype, rank, moved, axis, along, x, index, y);
      return;
    }
    i64 part[4 * kMaxRank];
    for (int d = 0; d < 4 * rank; ++d) part[d] = moved[d];
    const i64 from = piece * cut.size, left = layout[cut.axis] - from;
    if (left <= 0) return;
    part[cut.axis] = left < cut.size ? left : cut.size;
    scatter_part(dtype, rank, part, axis, along, at(x, from * moved[rank + cut.axis], bytes),
                 index + from * moved[2 * rank + cut.axis],
                 at(y, from * moved[3 * rank + cut.axis], bytes));
  });
}

}  // namespace
}  // namespace th

using namespace th;

extern "C" {

void th_gather(int32_t dtype, int32_t rank, const long long* layout, int32_t axis, long long bound,
               const void* x, const long long* index, void* y, th_error* error) noexcept {
  guard(error, [&] { gather(dtype, rank, layout, axis, bound, x, index, y); });
}

void th_scatter_add(int32_t dtype, int32_t rank, const long long* layout, int32_t axis,
                    long long bound, const void* x, const long long* index, void* y,
                    th_error* error) noexcept {
  guard(error, [&] { scatter_add(dtype, rank, layout, axis, bound, x, index, y); });
}

}  // extern "C"
