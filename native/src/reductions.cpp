// The C entry points of reductions and scans: loops in the order in which memory is walked, cut
// into chunks by shape and strides alone, around the inner loops of an instruction set.
#include <algorithm>
#include <cstring>

#include "error.h"
#include "fused.h"
#include "kernels.h"
#include "loop.h"
#include "memory.h"
#include "parallel.h"
#include "reductions.h"

namespace th {
namespace {

// The most elements that one result takes in at a time: two passes over them stay in a cache.
constexpr i64 kLongest = 8 * kGrain;
// With fewer chunks of results than this, the elements of a result are shared out too, over as many
// blocks at most as long as they are not too long.
constexpr i64 kFewChunks = 8;
constexpr i64 kMostBlocks = 64;

// A fold over fewer elements than this is not worth a row's beginning and end.
constexpr i64 kFew = 32;

bool is_index(Reduce op) { return op == Reduce::ARGMAX || op == Reduce::ARGMIN; }

// The dtype of a sum, a product or a running sum.
int sum_dtype(int dtype) { return dtype == kF32 || dtype == kF64 ? dtype : static_cast<int>(kI64); }

int result_dtype(Reduce op, int dtype) {
  if (is_index(op)) return kI64;
  return op == Reduce::SUM || op == Reduce::PROD ? sum_dtype(dtype) : dtype;
}

// The axes of x, sorted by how far apart their elements lie, the nearest last, in two groups: those
// that are folded (or scanned along), and the others.
struct Nest {
  Axes folded{};
  int kept = 0;
  i64 kept_layout[3 * kMaxRank];  // sizes, strides of x, of y
  i64 x = 0, y = 0;               // where they start
  i64 results = 1;                // the elements of the kept axes
  i64 count = 1;                  // the elements of the folded ones
  bool by_columns = false;

  // y has the kept axes, or all of them. In any order, folded axes may be walked backwards.
  Nest(int rank, const i64* layout, int axes, bool y_has_all, bool in_any_order) {
    Axis sorted[kMaxRank];
    int n = 0;
    for (int d = 0; d < rank; ++d) ((axes >> d) & 1 ? count : results) *= layout[d];
    i64 stride = 1;
    for (int d = rank - 1; d >= 0; --d) {
      Axis a{layout[d], layout[rank + d], stride, ((axes >> d) & 1) != 0};
      if (!a.folded || y_has_all) stride *= a.size;
      if (a.size == 1) continue;
      if (count == 0 || results == 0) a.x = 0;  // nothing is read
      if (a.x < 0 && (!a.folded || in_any_order)) flip(a);
      int at = n++;
      for (; at > 0 && a.distance() > sorted[at - 1].distance(); --at) sorted[at] = sorted[at - 1];
      sorted[at] = a;
    }
    for (int i = 0; i < n; ++i) kept += sorted[i].folded ? 0 : 1;
    int next = 0;
    for (int i = 0; i < n; ++i) {
      if (sorted[i].folded) {
        fold(sorted[i].size, sorted[i].x);
      } else {
        kept_layout[next] = sorted[i].size;
        kept_layout[kept + next] = sorted[i].x;
        kept_layout[2 * kept + next++] = sorted[i].y;
      }
    }
    if (folded.rank == 0) fold(1, 1);
    by_columns = kept > 0 && columns_pay();
  }

  Loop<2> loop() const { return Loop<2>(kept, kept_layout); }

  // Results to a chunk.
  i64 grain() const {
    const i64 enough = count >= kGrain ? 1 : kGrain / (count + 1) + 1;
    return by_columns ? divide_up(enough, kStrip) * kStrip : enough;
  }

 private:
  struct Axis {
    i64 size, x, y;
    bool folded;

    // An axis along which nothing moves is best walked last of all.
    i64 distance() const { return x == 0 ? INT64_MAX : x < 0 ? -x : x; }
  };

  void flip(Axis& a) {
    x += (a.size - 1) * a.x;
    a.x = -a.x;
    if (a.folded) return;
    y += (a.size - 1) * a.y;
    a.y = -a.y;
  }

  void fold(i64 size, i64 stride) {
    int& last = folded.rank;
    if (last > 0 && folded.stride[last - 1] == stride * size) {
      folded.size[last - 1] *= size;
      folded.stride[last - 1] = stride;
    } else {
      folded.size[last] = size;
      folded.stride[last++] = stride;
    }
  }

  // Whether results are made side by side: because their elements lie nearer to each other than
  // those of one result, or because a result has hardly any.
  bool columns_pay() const {
    const i64 size = kept_layout[kept - 1];
    const Axis side{size, kept_layout[2 * kept - 1], 0, false};
    const Axis down{folded.size[folded.rank - 1], folded.stride[folded.rank - 1], 0, true};
    if (side.x == 0) return false;
    const bool dense = side.x == 1 && down.x == size;  // rows are folded side by side then
    return (side.distance() < down.distance() && (size >= 8 || dense)) ||
           (down.size < kFew && size >= kFew);
  }
};

// What is reduced: elements in memory, or those that a fused pass makes when they are wanted.
struct Source {
  const void* x;
  const Fused* pass;

  // Results of n lines of these axes, sx apart from the element at offset on.
  void reduce(Reduce op, int dtype, bool by_columns, const Axes& part, i64 n, i64 offset, i64 sx,
              void* y, i64 sy) const {
    const Kernels& k = kernels();
    const ReduceFn f = (by_columns ? k.columns : k.rows)[dtype][static_cast<int>(op)];
    if (pass == nullptr) {
      f(part, n, at(x, offset, byte_size(dtype)), sx, y, sy);
      return;
    }
    // Elements of a line lie one after another. Short lines are made several at a time.
    alignas(64) char aside[kAside];
    const i64 size = part.size[0], bytes = byte_size(dtype);
    const i64 y_bytes = byte_size(result_dtype(op, dtype));
    const i64 room = kAside / (size * bytes), lines = sx != size || room < 1 ? 1 : room;
    for (i64 j = 0; j < n; j += lines) {
      const i64 m = n - j < lines ? n - j : lines, first = offset + j * sx;
      void* to = at(y, j * sy, y_bytes);
      if (room < 1) {
        const Row row{pass, first, aside};
        k.made[dtype][static_cast<int>(op)](size, Maker{&Row::make, &row}, to);
      } else {
        pass->run(first, first + m * size, aside);
        f(part, m, aside, size, to, sy);
      }
    }
  }

 private:
  static constexpr i64 kAside = 16384;

  struct Row {
    const Fused* pass;
    i64 first;
    char* aside;

    static const void* make(const void* context, i64 i, i64 n) {
      const Row& r = *static_cast<const Row*>(context);
      r.pass->run(r.first + i, r.first + i + n, r.aside);
      return r.aside;
    }
  };
};

void reduce(Reduce op, int dtype, int rank, const i64* layout, int axes, const Source& x, void* y);

// Cuts the longest folded axis into blocks, reduces each, and then their results.
class Blocks {
 public:
  Blocks(Reduce op, int dtype, const Nest& nest)
      : op_(op), dtype_(dtype), nest_(nest), kept_(nest.loop()) {
    const i64 chunks = divide_up(nest.results, nest.grain());
    const Axes& folded = nest.folded;
    for (int d = 1; d < folded.rank; ++d)
      if (folded.size[d] > folded.size[axis_]) axis_ = d;
    const i64 size = folded.size[axis_];
    i64 elements = kLongest;  // of a block, to a result
    if (chunks < kFewChunks) {
      const i64 least = nest.by_columns ? 64 : 1024;
      elements = std::max({least, 2 * kGrain / nest.results, nest.count / kMostBlocks});
      elements = std::min(elements, kLongest);
    }
    const i64 others = nest.count / size;
    length_ = elements > others ? elements / others : 1;
    blocks_ = divide_up(size, length_);
  }

  static bool wanted(const Nest& nest) {
    if (nest.count > kLongest) return true;
    return divide_up(nest.results, nest.grain()) < kFewChunks &&
           nest.results * nest.count > 2 * kGrain;
  }

  i64 blocks() const { return blocks_; }

  void run(const Source& x, void* y) const {
    const i64 bytes = byte_size(result_dtype(op_, dtype_));
    Scratch partial(blocks_ * nest_.results * bytes);
    const i64 grain = nest_.grain(), chunks = divide_up(nest_.results, grain);
    parallel(blocks_ * chunks, [&](i64 unit) {
      const i64 b = unit / chunks, begin = unit % chunks * grain;
      each(b, begin, nest_.results - begin < grain ? nest_.results : begin + grain, x,
           at(partial.get(), b * nest_.results, bytes));
    });
    if (is_index(op_)) {
      best_of(x.x, static_cast<const i64*>(partial.get()), static_cast<i64*>(y));
    } else {
      across(result_dtype(op_, dtype_), partial.get(), y);
    }
  }

 private:
  // Results [begin, end) of block b.
  void each(i64 b, i64 begin, i64 end, const Source& x, void* y) const {
    Axes part = nest_.folded;
    const i64 first = b * length_;
    if (part.size[axis_] - first < length_) {
      part.size[axis_] -= first;
    } else {
      part.size[axis_] = length_;
    }
    kept_.each(begin, end, [&](i64, i64 n, const i64* offset) {
      x.reduce(op_, dtype_, nest_.by_columns, part, n,
               nest_.x + offset[0] + first * part.stride[axis_], kept_.step(0),
               at(y, nest_.y + offset[1], byte_size(result_dtype(op_, dtype_))), kept_.step(1));
    });
  }

  // Reduces the blocks' results to y.
  void across(int dtype, const void* partial, void* y) const {
    const i64 layout[] = {blocks_, nest_.results, nest_.results, 1};
    reduce(op_, dtype, 2, layout, 1, Source{partial, nullptr}, y);
  }

  static void copy_one(i64 bytes, const void* x, void* y) {
    if (bytes == 4) {
      std::memcpy(y, x, 4);
    } else if (bytes == 8) {
      std::memcpy(y, x, 8);
    } else {
      std::memcpy(y, x, 1);
    }
  }

  // Of the places of the blocks' extremes, those of the extremes of them.
  void best_of(const void* x, const i64* place, i64* y) const {
    const i64 bytes = byte_size(dtype_), n = nest_.results;
    Scratch extremes(blocks_ * n * bytes);
    kept_.each(0, n, [&](i64, i64 m, const i64* offset) {
      for (i64 j = 0; j < m; ++j) {
        const i64 result = nest_.y + offset[1] + j * kept_.step(1);
        const i64 line = nest_.x + offset[0] + j * kept_.step(0);
        for (i64 b = 0; b < blocks_; ++b) {
          const i64 from = line + (b * length_ + place[b * n + result]) * nest_.folded.stride[0];
          copy_one(bytes, at(x, from, bytes), at(extremes.get(), b * n + result, bytes));
        }
      }
    });
    across(dtype_, extremes.get(), y);
    for (i64 i = 0; i < n; ++i) y[i] = y[i] * length_ + place[y[i] * n + i];
  }

  const Reduce op_;
  const int dtype_;
  const Nest& nest_;
  const Loop<2> kept_;
  int axis_ = 0;
  i64 length_, blocks_;
};

void reduce(Reduce op, int dtype, int rank, const i64* layout, int axes, const Source& x, void* y) {
  const Nest nest(rank, layout, axes, false, !is_index(op));
  if (nest.results == 0) return;
  if (Blocks::wanted(nest)) {
    const Blocks blocks(op, dtype, nest);
    if (blocks.blocks() > 1) {
      blocks.run(x, y);
      return;
    }
  }
  const i64 out = byte_size(result_dtype(op, dtype));
  const Loop<2> kept = nest.loop();
  parallel_ranges(nest.results, nest.grain(), [&](i64 begin, i64 end) {
    kept.each(begin, end, [&](i64, i64 n, const i64* offset) {
      x.reduce(op, dtype, nest.by_columns, nest.folded, n, nest.x + offset[0], kept.step(0),
               at(y, nest.y + offset[1], out), kept.step(1));
    });
  });
}

// y has the elements of x, each replaced by what f makes of the line along the axis it lies on.
void scan(const Scan& f, const Nest& nest, i64 along, i64 in, i64 out, const void* x, void* y) {
  if (nest.results == 0 || nest.count == 0) return;
  const ScanFn run = nest.by_columns ? f.columns : f.rows;
  const Loop<2> kept = nest.loop();
  parallel_ranges(nest.results, nest.grain(), [&](i64 begin, i64 end) {
    kept.each(begin, end, [&](i64, i64 n, const i64* offset) {
      run(nest.count, at(x, nest.x + offset[0], in), nest.folded.stride[0],
          at(y, nest.y + offset[1], out), along, n, kept.step(0), kept.step(1));
    });
  });
}

// How far apart the elements of a contiguous tensor are along an axis.
i64 contiguous_stride(int rank, const i64* size, int axis) {
  i64 stride = 1;
  for (int d = axis + 1; d < rank; ++d) stride *= size[d];
  return stride;
}

void softmax(const Scan& f, int dtype, int rank, const i64* layout, int axis, const void* x,
             void* y) {
  const i64 bytes = byte_size(dtype), along = contiguous_stride(rank, layout, axis);
  const Nest nest(rank, layout, 1 << axis, true, false);
  const i64 nearest = nest.by_columns ? nest.loop().step(1) : along;
  if (nearest == 1 || nest.results * nest.count <= kGrain) {
    scan(f, nest, along, bytes, bytes, x, y);
    return;
  }
  // What lies side by side in x does not in y: x is brought into the order of y first.
  Scratch ordered(nest.results * nest.count * bytes);
  i64 moved[3 * kMaxRank];
  for (int d = 0; d < 2 * rank; ++d) moved[d] = layout[d];
  for (int d = 0; d < rank; ++d) moved[2 * rank + d] = contiguous_stride(rank, layout, d);
  th_error error;
  th_copy(dtype, rank, moved, x, ordered.get(), &error);
  for (int d = 0; d < rank; ++d) moved[rank + d] = moved[2 * rank + d];
  scan(f, Nest(rank, moved, 1 << axis, true, false), along, bytes, bytes, ordered.get(), y);
}

}  // namespace

void reduce_fused(int op, int dtype, int rank, const i64* layout, int axes, const Fused& x,
                  void* y) {
  reduce(static_cast<Reduce>(op), dtype, rank, layout, axes, Source{nullptr, &x}, y);
}

}  // namespace th

using namespace th;

extern "C" {

void th_reduce(int32_t op, int32_t dtype, int32_t rank, const long long* layout, int32_t axes,
               const void* x, void* y, th_error* error) noexcept {
  guard(error, [&] {
    reduce(static_cast<Reduce>(op), dtype, rank, layout, axes, Source{x, nullptr}, y);
  });
}

void th_softmax(int32_t log, int32_t dtype, int32_t rank, const long long* layout, int32_t axis,
                const void* x, void* y, th_error* error) noexcept {
  guard(error,
        [&] { softmax(kernels().softmax[log != 0][dtype], dtype, rank, layout, axis, x, y); });
}

void th_cumsum(int32_t dtype, int32_t rank, const long long* layout, int32_t axis, const void* x,
               void* y, th_error* error) noexcept {
  guard(error, [&] {
    scan(kernels().cumsum[dtype], Nest(rank, layout, 1 << axis, true, false),
         contiguous_stride(rank, layout, axis), byte_size(dtype), byte_size(sum_dtype(dtype)), x,
         y);
  });
}

}  // extern "C"
