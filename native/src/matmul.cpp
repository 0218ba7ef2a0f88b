// Matrix products on our pool: tiny or narrow ones are single-threaded calls of BLAS, the others
// are made of tiles of our own, for which all threads pack together.
#include "matmul.h"

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <stdexcept>

#include "blas.h"
#include "error.h"
#include "kernels.h"
#include "loop.h"
#include "memory.h"
#include "move.h"
#include "parallel.h"

namespace th {
namespace {

double times(i64 a, i64 b, i64 c) {
  return static_cast<double>(a) * static_cast<double>(b) * static_cast<double>(c);
}

// A product of so many multiplications is not worth a second thread.
constexpr double kSmall = 1e6;
// In tiles of one of fewer rows or columns most would be waste.
constexpr i64 kNarrow = 16;

// How many pieces of that many multiplications a thread takes at a time.
i64 several(double work) {
  return 2 * work > kSmall ? 1 : static_cast<i64>(kSmall / (2 * work)) + 1;
}

// A batch of products as th_matmul has it.
template <class T>
struct Task {
  int dtype, batch_rank;
  const i64* layout;
  i64 m, n, k;
  const T* a;
  const T* b;
  T* c;
  const Fused* after;
  i64 a_row, a_column, b_row, b_column;

  bool is_for_tiles() const {
    return times(m, n, k) > kernels().products[dtype].tiny && std::min(m, n) >= kNarrow;
  }

  const i64* strides(int which) const { return layout + batch_rank + which * (batch_rank + 2); }

  // Sizes and steps of both operands along the batch axes alone.
  std::array<i64, 3 * kMaxRank> batch_layout() const {
    std::array<i64, 3 * kMaxRank> axes{};
    i64* to = axes.data();
    for (const i64* from : {layout, strides(0), strides(1)})
      to = std::copy(from, from + batch_rank, to);
    return axes;
  }

  // One product of the batch, the first, without what comes after it.
  Task product() const {
    Task one = *this;
    one.batch_rank = 0;
    one.after = nullptr;
    return one;
  }

  // What comes after a rectangle of C is done.
  void run_after(i64 first, i64 rows, i64 columns) const {
    if (after == nullptr) return;
    if (columns == n) {
      after->run(first, first + rows * n);
    } else {
      for (i64 r = 0; r < rows; ++r) after->run(first + r * n, first + r * n + columns);
    }
  }
};

// -- By BLAS --------------------------------------------------------------------------------------

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

// What BLAS cannot read as it lies is first made contiguous, all of its batches.
template <class T>
void call_blas(const Task<T>& t) {
  if (t.m > INT_MAX || t.n > INT_MAX || t.k > INT_MAX)
    throw std::length_error("a side of a matrix is longer than BLAS can count");
  const int rank = t.batch_rank, wide = rank + 2;
  auto axes = t.batch_layout();
  std::optional<Scratch> copies[2];
  Operand operands[2];
  const T* base[2] = {t.a, t.b};
  for (int which = 0; which < 2; ++which) {
    const i64* stride = t.strides(which);
    const i64 rows = which == 0 ? t.m : t.k, columns = which == 0 ? t.k : t.n;
    if (readable(rows, columns, stride[rank], stride[rank + 1], operands[which])) continue;
    i64* batch_stride = axes.data() + (which + 1) * rank;
    i64 full[3 * kMaxRank];
    i64 step = 1;
    for (int d = wide - 1; d >= 0; --d) {
      full[d] = d < rank ? t.layout[d] : d == rank ? rows : columns;
      full[wide + d] = stride[d];
      // A batch axis that repeats the same matrix is copied once.
      const bool repeated = d < rank && stride[d] == 0;
      if (repeated) full[d] = 1;
      full[2 * wide + d] = step;
      if (d < rank) batch_stride[d] = repeated ? 0 : step;
      step *= full[d];
    }
    copies[which].emplace(step * static_cast<i64>(sizeof(T)));
    copy(t.dtype, wide, full, base[which], copies[which]->get());
    base[which] = static_cast<const T*>(copies[which]->get());
    readable(rows, columns, columns, 1, operands[which]);
  }

  // Narrow ones are cut along the longer side; small ones go to a thread several at a time.
  const double work = times(t.m, t.n, t.k);
  const i64 most = divide_up(std::max(t.m, t.n), 16);
  const i64 pieces = std::clamp<i64>(static_cast<i64>(work / kSmall), 1, most);
  const i64 rows = t.m >= t.n ? divide_up(t.m, pieces) : t.m;
  const i64 columns = t.m >= t.n ? t.n : divide_up(t.n, pieces);
  const i64 across = divide_up(t.n, columns), count = across * divide_up(t.m, rows);
  const Loop<2> batch(rank, axes.data());
  parallel_ranges(batch.count * count, count > 1 ? 1 : several(work), [&](i64 begin, i64 end) {
    for (i64 at = begin; at < end; ++at) {
      const i64 i = at / count;
      const i64 row = at % count / across * rows, column = at % across * columns;
      const i64 m = std::min(rows, t.m - row), n = std::min(columns, t.n - column);
      const i64 first = (i * t.m + row) * t.n + column;
      batch.each(i, i + 1, [&](i64, i64, const i64* offset) {
        const Gemm g{operands[0].transposed,
                     operands[1].transposed,
                     static_cast<int>(m),
                     static_cast<int>(n),
                     static_cast<int>(t.k),
                     static_cast<int>(operands[0].ld),
                     static_cast<int>(operands[1].ld),
                     static_cast<int>(t.n)};
        gemm(g, base[0] + offset[0] + row * operands[0].row,
             base[1] + offset[1] + column * operands[1].column, t.c + first);
      });
      t.run_after(first, m, n);
    }
  });
}

// -- By tiles -------------------------------------------------------------------------------------

i64 up(i64 n, i64 unit) { return divide_up(n, unit) * unit; }

// Sums go along k in steps of `depth`, a function of k alone: so the bits do not depend on how the
// rest is cut. What is packed at a time is bounded: so many products, rows, columns and steps. All
// threads pack that, then all take blocks of C.
template <class T>
class Tiled {
 public:
  // How many elements are packed at a time, so that they stay in the last-level cache.
  static constexpr i64 kPacked = (i64{8} << 20) / sizeof(T);

  explicit Tiled(const Task<T>& task)
      : t_(task),
        f_(kernels().products[task.dtype]),
        batch_(task.batch_rank, task.batch_layout().data()),
        depth_(depth(t_)),
        rows_(std::min(up(t_.m, f_.rows), up(kSlab, f_.rows))),
        columns_(std::min(up(t_.n, f_.columns), up(kSlab, f_.columns))),
        deep_(std::min(up(t_.k, depth_),
                       std::max<i64>(kPacked / (rows_ + columns_) / depth_, 1) * depth_)),
        one_(up((rows_ + columns_) * deep_, kLine)),
        batches_(std::clamp<i64>(kPacked / one_, 1, batch_.count)) {}

  // How long the steps of a sum are, as even as can be: a function of the shape alone. Long sums of
  // few elements have an even number of steps.
  static i64 depth(const Task<T>& t) {
    const i64 least = divide_up(t.k, kDepth);
    return divide_up(t.k, has_few_elements(t) ? up(least, 2) : least);
  }

  // Whether the sums of each step are better kept apart, for a thread each, than all that is packed
  // shared by all threads.
  static bool is_for_steps(const Task<T>& t) {
    if (t.batch_rank > 0 || !has_few_elements(t) || times(t.m, t.n, t.k) <= kSmall) return false;
    return threads() > 1 && come_out_even(divide_up(t.k, depth(t)));
  }

  // Whether so many products are better left to one thread each, which packs them in its own cache.
  static bool is_for_products(const Task<T>& t, i64 batches) {
    const i64 most = std::min<i64>(kOwn, kPacked / threads());
    return batches > 1 && come_out_even(batches) && Tiled(t.product()).packed() <= most;
  }

  // How many elements are packed at a time.
  i64 packed() const { return batches_ * one_; }

  void run() const {
    const Scratch memory(packed() * static_cast<i64>(sizeof(T)));
    run(static_cast<T*>(memory.get()));
  }

  // With memory for what is packed.
  void run(T* packed) const {
    for (i64 i = 0; i < batch_.count; i += batches_)
      for (i64 row = 0; row < t_.m; row += rows_)
        for (i64 column = 0; column < t_.n; column += columns_)
          for (i64 from = 0; from < t_.k; from += deep_) {
            const Slab s{packed,
                         i,      std::min(batches_, batch_.count - i),
                         row,    std::min(rows_, t_.m - row),
                         column, std::min(columns_, t_.n - column),
                         from,   std::min(deep_, t_.k - from)};
            pack(s);
            multiply(s);
          }
  }

 private:
  static constexpr i64 kDepth = 1280 / sizeof(T);             // of panels in a first-level cache
  static constexpr i64 kSlab = 2048;                          // rows, and columns
  static constexpr i64 kLine = th::kLine / sizeof(T);
  // Blocks of C: at most so large, and as many as come out even among some threads, but none of
  // fewer multiplications.
  static constexpr i64 kRows = 96, kColumns = 512, kBlocks = 32;
  static constexpr double kBlock = 2.5e5;
  static constexpr i64 kOwn = (i64{640} << 10) / sizeof(T);  // of a second-level cache, or nearly

  static bool come_out_even(i64 pieces) {
    constexpr i64 kEven = 8;  // for each thread
    return pieces % threads() == 0 || pieces > kEven * threads();
  }

  static bool has_few_elements(const Task<T>& t) {
    return t.k > kDepth && 2 * std::max(t.m, t.n) <= kDepth;
  }

  struct Slab {
    T* packed;
    i64 batch, batches, row, m, column, n, from, k;
  };

  // Where the steps from p on are packed.
  T* b_at(const Slab& s, i64 batch, i64 p) const { return s.packed + batch * one_ + p * columns_; }
  T* a_at(const Slab& s, i64 batch, i64 p) const { return b_at(s, batch, deep_) + p * rows_; }

  void pack(const Slab& s) const {
    const i64 of_a = divide_up(s.m, f_.rows), of_b = divide_up(s.n, f_.columns);
    const i64 steps = divide_up(s.k, depth_), count = s.batches * steps * (of_a + of_b);
    const i64 grain = static_cast<double>(s.batches) * times(s.m, s.n, s.k) > kSmall
                          ? std::max<i64>(kGrain / 4 / (depth_ * f_.columns), 1)
                          : count;
    parallel_ranges(count, grain, [&](i64 begin, i64 end) {
      for (i64 at = begin; at < end; ++at) {
        // In the order in which blocks take rows, columns evenly among them: so a thread packs the
        // rows that it will take, and finds them in its cache.
        const i64 both = of_a + of_b, line = at / steps % both, i = at / steps / both;
        const i64 p = at % steps * depth_, depth = std::min(depth_, s.k - p);
        const i64 before = of_b * line / both;
        const bool is_b = of_b * (line + 1) / both > before;
        batch_.each(s.batch + i, s.batch + i + 1, [&](i64, i64, const i64* offset) {
          if (is_b) {
            const i64 first = before * f_.columns;
            const T* b = t_.b + offset[1];
            b += (s.from + p) * t_.b_row + (s.column + first) * t_.b_column;
            f_.pack_columns(std::min<i64>(f_.columns, s.n - first), depth, b, t_.b_column, t_.b_row,
                            b_at(s, i, p) + first * depth);
          } else {
            const i64 first = (line - before) * f_.rows;
            const T* a = t_.a + offset[0];
            a += (s.row + first) * t_.a_row + (s.from + p) * t_.a_column;
            f_.pack_rows(std::min<i64>(f_.rows, s.m - first), depth, a, t_.a_row, t_.a_column,
                         a_at(s, i, p) + first * depth);
          }
        });
      }
    });
  }

  void multiply(const Slab& s) const {
    const i64 of_a = divide_up(s.m, f_.rows), of_b = divide_up(s.n, f_.columns);
    i64 down = divide_up(s.m, kRows), across = divide_up(s.n, kColumns);
    const double work = times(s.m, s.n, s.k);
    while (s.batches * down * across < kBlocks && work > kSmall &&
           work > kBlock * static_cast<double>(down * across)) {
      const bool is_long = s.m * across > s.n * down;
      const bool has_rows = 2 * down <= of_a, has_columns = 2 * across <= of_b;
      if (has_rows && (is_long || !has_columns)) {
        down *= 2;
      } else if (has_columns) {
        across *= 2;
      } else {
        break;
      }
    }
    // As even as panels are: with blocks of one size and a rest, a thread would wait for the other.
    const i64 count = s.batches * down * across;
    const i64 grain = work > kSmall ? 1 : several(work / static_cast<double>(down * across));
    parallel_ranges(count, grain, [&](i64 begin, i64 end) {
      for (i64 at = begin; at < end; ++at) {
        const i64 i = at / (down * across), y = at / across % down, x = at % across;
        const i64 row = of_a * y / down * f_.rows, column = of_b * x / across * f_.columns;
        const i64 m = std::min(s.m, of_a * (y + 1) / down * f_.rows) - row;
        const i64 n = std::min(s.n, of_b * (x + 1) / across * f_.columns) - column;
        const i64 first = ((s.batch + i) * t_.m + s.row + row) * t_.n + s.column + column;
        for (i64 p = 0; p < s.k; p += depth_) {
          const i64 depth = std::min(depth_, s.k - p);
          f_.multiply(m, n, depth, a_at(s, i, p) + row * depth, b_at(s, i, p) + column * depth,
                      t_.c + first, t_.n, s.from + p > 0);
        }
        if (s.from + s.k == t_.k) t_.run_after(first, m, n);
      }
    });
  }

  const Task<T>& t_;
  const Products& f_;
  const Loop<2> batch_;
  const i64 depth_, rows_, columns_, deep_, one_, batches_;
};

// The sums of each step as a product of their own, so many at a time, which are then added in the
// order of Tiled: with the same bits. Each has its own memory, the same in every round.
template <class T>
void multiply_by_steps(const Task<T>& t) {
  const i64 depth = Tiled<T>::depth(t), steps = divide_up(t.k, depth), count = t.m * t.n;
  const auto part = [&](i64 step, T* sums) {
    Task<T> one = t.product();
    one.k = std::min(depth, t.k - step * depth);
    one.a += step * depth * t.a_column;
    one.b += step * depth * t.b_row;
    one.c = sums;
    return one;
  };
  const i64 of_sums = up(count, 64), of_packed = Tiled<T>(part(0, nullptr)).packed();
  const i64 most = Tiled<T>::kPacked / (of_sums + of_packed), team = threads();
  const i64 round = std::min(steps, std::max<i64>(most / team, 1) * team);
  const Scratch memory(round * (of_sums + of_packed) * static_cast<i64>(sizeof(T)));
  T* const sums = static_cast<T*>(memory.get());
  T* const packed = sums + round * of_sums;
  for (i64 first = 0; first < steps; first += round) {
    const i64 now = std::min(round, steps - first);
    parallel(now, [&](i64 i) {
      const Task<T> one = part(first + i, first + i == 0 ? t.c : sums + i * of_sums);
      Tiled<T>(one).run(packed + i * of_packed);
    });
    for (i64 i = first == 0 ? 1 : 0; i < now; ++i)
      for (i64 at = 0; at < count; ++at) t.c[at] += sums[i * of_sums + at];
  }
  t.run_after(0, t.m, t.n);
}

// Each product of a batch by itself. A piece of the batch has memory of its own. There are some
// pieces for each thread, so that they come out even, but no more, so that most products are packed
// where the caches have the one before.
template <class T>
void multiply_one_by_one(const Task<T>& t, i64 batches) {
  constexpr i64 kPieces = 8;
  const i64 packed = Tiled<T>(t.product()).packed(), team = threads();
  const i64 most = std::clamp<i64>(Tiled<T>::kPacked / packed / team, 1, kPieces) * team;
  const i64 pieces = std::min(most, divide_up(batches, several(times(t.m, t.n, t.k))));
  const Scratch memory(pieces * packed * static_cast<i64>(sizeof(T)));
  const Loop<2> batch(t.batch_rank, t.batch_layout().data());
  parallel(pieces, [&](i64 piece) {
    T* const own = static_cast<T*>(memory.get()) + piece * packed;
    const i64 end = batches * (piece + 1) / pieces;
    for (i64 i = batches * piece / pieces; i < end; ++i) {
      const i64 first = i * t.m * t.n;
      batch.each(i, i + 1, [&](i64, i64, const i64* offset) {
        Task<T> one = t.product();
        one.a += offset[0];
        one.b += offset[1];
        one.c += first;
        Tiled<T>(one).run(own);
      });
      t.run_after(first, t.m, t.n);
    }
  });
}

template <class T>
void product(const Task<T>& t) {
  i64 batches = 1;
  for (int d = 0; d < t.batch_rank; ++d) batches *= t.layout[d];
  const i64 count = batches * t.m * t.n;
  if (count == 0) return;
  if (t.k == 0) {
    const T zero = 0;
    const i64 the_same_everywhere[3] = {count, 0, 1};
    copy(t.dtype, 1, the_same_everywhere, &zero, t.c);
    if (t.after != nullptr) t.after->run(0, count);
    return;
  }
  require_blas();
  if (!t.is_for_tiles()) {
    call_blas(t);
  } else if (Tiled<T>::is_for_steps(t)) {
    multiply_by_steps(t);
  } else if (Tiled<T>::is_for_products(t, batches)) {
    multiply_one_by_one(t, batches);
  } else {
    Tiled<T>(t).run();
  }
}

template <class T>
void product(int dtype, int batch_rank, const i64* layout, i64 m, i64 n, i64 k, const void* a,
             const void* b, void* c, const Fused* after) {
  const i64* of_a = layout + 2 * batch_rank;
  const i64* of_b = of_a + batch_rank + 2;
  product(Task<T>{dtype, batch_rank, layout, m, n, k, static_cast<const T*>(a),
                  static_cast<const T*>(b), static_cast<T*>(c), after, of_a[0], of_a[1], of_b[0],
                  of_b[1]});
}

}  // namespace

void matmul(int dtype, int batch_rank, const i64* layout, i64 m, i64 n, i64 k, const void* a,
            const void* b, void* c, const Fused* after) {
  if (dtype == kF32)
    product<float>(dtype, batch_rank, layout, m, n, k, a, b, c, after);
  else
    product<double>(dtype, batch_rank, layout, m, n, k, a, b, c, after);
}

}  // namespace th

extern "C" void th_matmul(int32_t dtype, int32_t batch_rank, const long long* layout, long long m,
                          long long n, long long k, const void* a, const void* b, void* c,
                          th_error* error) noexcept {
  th::guard(error,
            [&] { th::matmul(dtype, batch_rank, layout, m, n, k, a, b, c, nullptr); });
}
