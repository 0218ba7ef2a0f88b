// Copies between any two layouts: the axes are put in the order of the result, the last two make
// rectangles for the inner loops, the pool gets them in pieces.
#include "move.h"

#include "error.h"
#include "kernels.h"
#include "parallel.h"

namespace th {
namespace {

void swap(i64& a, i64& b) {
  const i64 t = a;
  a = b;
  b = t;
}

// An order of axes such that y is written forwards: no step of y is negative and none is smaller
// than that of the axis after it. x and y then start where the offsets say.
struct Forwards {
  i64 layout[3 * kMaxRank];
  i64 x = 0, y = 0;

  Forwards(int rank, const i64* given) {
    i64 *size = layout, *x_step = layout + rank, *y_step = layout + 2 * rank;
    for (int d = 0; d < 3 * rank; ++d) layout[d] = given[d];
    for (int d = 0; d < rank; ++d) {
      if (y_step[d] < 0) {
        x += (size[d] - 1) * x_step[d];
        y += (size[d] - 1) * y_step[d];
        x_step[d] = -x_step[d];
        y_step[d] = -y_step[d];
      }
      for (int e = d; e > 0 && y_step[e - 1] < y_step[e]; --e) {
        swap(size[e - 1], size[e]);
        swap(x_step[e - 1], x_step[e]);
        swap(y_step[e - 1], y_step[e]);
      }
    }
  }
};

i64 magnitude(i64 a) { return a < 0 ? -a : a; }
i64 smaller(i64 a, i64 b) { return a < b ? a : b; }

// The last axis of a loop and the one that goes best with it: where x is closest together if that
// is not the last axis itself, otherwise the next to last.
int row_axis(const Loop<2>& loop) {
  const int last = loop.rank - 1;
  int best = last;
  for (int d = last - 1; d >= 0; --d)
    if (loop.stride[0][d] != 0 && magnitude(loop.stride[0][d]) < magnitude(loop.stride[0][best]))
      best = d;
  return best < last ? best : last - 1;
}

// The rectangle of a loop's last axis and its row axis, and a layout of the axes that are left.
struct Plan {
  Rectangle plane{1, 1, 0, 1, 0, 1, false};
  int rank = 0;
  i64 outer[3 * kMaxRank];
  i64 x = 0, y = 0;  // where the plane starts

  explicit Plan(const Loop<2>& loop) {
    const int last = loop.rank - 1, row = row_axis(loop);
    plane.columns = loop.size[last];
    plane.x_column = loop.stride[0][last];
    plane.y_column = loop.stride[1][last];
    if (row >= 0) {
      plane.rows = loop.size[row];
      plane.x_row = loop.stride[0][row];
      plane.y_row = loop.stride[1][row];
      if (plane.x_row < 0 && plane.across()) {  // x forwards down the rows
        x = (plane.rows - 1) * plane.x_row;
        y = (plane.rows - 1) * plane.y_row;
        plane.x_row = -plane.x_row;
        plane.y_row = -plane.y_row;
      }
    }
    const int left = row >= 0 ? last - 1 : last;
    for (int d = 0; d < last; ++d) {
      if (d == row) continue;
      outer[rank] = loop.size[d];
      outer[left + rank] = loop.stride[0][d];
      outer[2 * left + rank] = loop.stride[1][d];
      ++rank;
    }
  }
};

// How a plane is cut: pieces of about kGrain elements, of a shape that suits the inner loop.
struct Pieces {
  i64 rows, columns, across, count;

  Pieces(const Rectangle& plane, i64 bytes) {
    if (plane.across()) {
      const bool is_tall = plane.stream && plane.y_row * bytes % kLine == 0;
      const i64 least = (is_tall ? kStreamedRows : kAcrossRows) / bytes;
      const i64 wide = kGrain / smaller(plane.rows, least);
      columns = smaller(plane.columns, (wide * bytes + kAcrossColumns - 1) / kAcrossColumns *
                                           kAcrossColumns / bytes);
      const i64 high = kGrain / columns;
      rows = smaller(plane.rows, (high + least - 1) / least * least);
    } else {
      columns = smaller(plane.columns, kGrain);
      rows = smaller(plane.rows, kGrain / columns);
    }
    across = (plane.columns + columns - 1) / columns;
    count = across * ((plane.rows + rows - 1) / rows);
  }
};

}  // namespace

void copy(int dtype, int rank, const i64* layout, const void* x, void* y) {
  for (int d = 0; d < rank; ++d)
    if (layout[d] == 0) return;
  const i64 bytes = byte_size(dtype);
  const Forwards forwards(rank, layout);
  const Loop<2> loop(rank, forwards.layout);
  Plan plan(loop);
  plan.plane.stream = loop.count * bytes >= kStreamed &&
                      (plan.plane.across() || plan.plane.columns * bytes >= kGrain);
  const Rectangle& plane = plan.plane;
  const Loop<2> outer(plan.rank, plan.outer);
  const Pieces pieces(plane, bytes);
  const CopyFn f = kernels().copy[dtype];
  const void* x0 = at(x, forwards.x + plan.x, bytes);
  void* y0 = at(y, forwards.y + plan.y, bytes);
  // Planes of one piece are handed out several at a time, others piece by piece.
  const i64 grain = pieces.count > 1 ? 1 : kGrain / (plane.rows * plane.columns) + 1;
  parallel_ranges(outer.count * pieces.count, grain, [&](i64 begin, i64 end) {
    const i64 row = begin % pieces.count / pieces.across * pieces.rows;
    const i64 column = begin % pieces.count % pieces.across * pieces.columns;
    Rectangle piece = plane;
    piece.rows = smaller(pieces.rows, plane.rows - row);
    piece.columns = smaller(pieces.columns, plane.columns - column);
    const i64 from = row * plane.x_row + column * plane.x_column;
    const i64 to = row * plane.y_row + column * plane.y_column;
    outer.each(begin / pieces.count, (end - 1) / pieces.count + 1,
               [&](i64, i64 n, const i64* offset) {
                 for (i64 j = 0; j < n; ++j)
                   f(piece, at(x0, from + offset[0] + j * outer.step(0), bytes),
                     at(y0, to + offset[1] + j * outer.step(1), bytes));
               });
  });
}

namespace {

void fill(int dtype, i64 count, double value, void* y) {
  const i64 the_same_everywhere[3] = {count, 0, 1};
  i64 element = 0;
  kernels().cast[kF64][dtype](1, &value, 1, &element);
  copy(dtype, 1, the_same_everywhere, &element, y);
}

}  // namespace
}  // namespace th

using namespace th;

extern "C" {

void th_copy(int32_t dtype, int32_t rank, const long long* layout, const void* x, void* y,
             th_error* error) noexcept {
  guard(error, [&] { copy(dtype, rank, layout, x, y); });
}

void th_fill(int32_t dtype, long long count, double value, void* y, th_error* error) noexcept {
  guard(error, [&] { fill(dtype, count, value, y); });
}

}  // extern "C"
