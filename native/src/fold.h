// Folding many elements into one, pairwise over fixed blocks: the loops that reductions and scans
// share. Included only by files that are compiled once for each instruction set, as scalar.h is.
#pragma once

#include "kernels.h"
#include "scalar.h"
#include "vector.h"

namespace th::TH_ISA {
namespace {

// What two partial results make, and the result of no element.
struct Sum {
  template <class T>
  static constexpr T empty() {
    return 0;
  }
  template <class T>
  static T combine(T a, T b) {
    return a + b;
  }
};
struct Product {
  template <class T>
  static constexpr T empty() {
    return 1;
  }
  template <class T>
  static T combine(T a, T b) {
    return a * b;
  }
};
struct Or {
  template <class T>
  static T combine(T a, T b) {
    return a | b;
  }
};
// Where nothing is NaN. a holds against b that is not better. Of integers only TH_BOOL may have no
// element: 0 is its smallest, 1 its largest.
struct Larger {
  template <class T>
  static constexpr T empty() {
    return static_cast<T>(0.5) != 0 ? static_cast<T>(-__builtin_inf()) : T(0);
  }
  template <class T>
  static T combine(T a, T b) {
    return larger(a, b);
  }
  template <class T>
  static bool holds(T a, T b) {
    return a >= b;
  }
};
struct Smaller {
  template <class T>
  static constexpr T empty() {
    return static_cast<T>(0.5) != 0 ? static_cast<T>(__builtin_inf()) : T(1);
  }
  template <class T>
  static T combine(T a, T b) {
    return smaller(a, b);
  }
  template <class T>
  static bool holds(T a, T b) {
    return a <= b;
  }
};
// A NaN wins, and of two the first.
template <class Order>
struct Careful : Order {
  template <class T>
  static T combine(T a, T b) {
    const T better = Order::combine(a, b);  // one instruction; the test for a NaN is foreseen
    return a != a ? a : better;
  }
};
using Max = Careful<Larger>;
using Min = Careful<Smaller>;

// How a run of elements is folded: by Quick; and if watch(a, b) was not 0 for two of them, by Op
// once more.
template <class Op>
struct Simply {
  using Quick = Op;
  using Mark = bool;
  static constexpr bool kWatches = false;
  template <class A>
  static Mark watch(A, A) {
    return false;
  }
};
// A test for a NaN in each step would take longer than the step: one comparison tells it of two.
// Int is as wide as an element, so that marks go through the same lanes.
template <class Order, class Int>
struct Watching {
  using Quick = Order;
  using Mark = Int;
  static constexpr bool kWatches = true;
  template <class A>
  static Mark watch(A a, A b) {
    return __builtin_isunordered(a, b) ? -1 : 0;
  }
};
template <class Op, class A>
struct Way : Simply<Op> {};
template <class Order>
struct Way<Careful<Order>, float> : Watching<Order, int32_t> {};
template <class Order>
struct Way<Careful<Order>, double> : Watching<Order, i64> {};

// The element itself, as an A.
template <class A>
struct As {
  template <class X>
  A operator()(X x, i64 = 0) const {
    return static_cast<A>(x);
  }
};

// Partial results of equal weight, so many side by side, are combined two by two, as a binary
// counter carries: the tree is a function of how many are pushed. The memory has room for a level
// for each digit of their number, and one more.
template <class T, class Op>
class Tree {
 public:
  Tree(T* memory, i64 width) : memory_(memory), width_(width) {}

  // Where the next one goes.
  T* next() { return level(depth_); }

  // Takes what was written there.
  void push() {
    ++depth_;
    for (auto carry = ++pushed_; (carry & 1) == 0; carry >>= 1) merge();
  }

  // The result, of no push that of no element.
  void finish(T* y) {
    while (depth_ > 1) merge();
    for (i64 j = 0; j < width_; ++j) y[j] = pushed_ == 0 ? Op::template empty<T>() : memory_[j];
  }

 private:
  T* level(i64 i) { return memory_ + i * width_; }

  void merge() {
    T* a = level(depth_ - 2);
    const T* b = level(depth_ - 1);
    for (i64 j = 0; j < width_; ++j) a[j] = Op::combine(a[j], b[j]);
    --depth_;
  }

  T* const memory_;
  const i64 width_;
  unsigned long long pushed_ = 0;
  i64 depth_ = 0;
};
// Enough for single results, whatever their number.
constexpr int kLevels = 64;

// Calls visit(offset) for each index of the first `axes` axes, in order.
template <class Visit>
void each_line(const Axes& r, int axes, Visit visit) {
  for (int d = 0; d < axes; ++d)
    if (r.size[d] == 0) return;
  i64 index[kMaxRank] = {};
  i64 offset = 0;
  for (int d = axes; d >= 0;) {
    visit(offset);
    for (d = axes - 1; d >= 0; --d) {
      offset += r.stride[d];
      if (++index[d] < r.size[d]) break;
      offset -= r.size[d] * r.stride[d];
      index[d] = 0;
    }
  }
}

// map of the elements from x on.
template <class V, class X, class Map>
[[gnu::always_inline]] inline V vector_of(const X* x, Map map) {
  if constexpr (__is_same(Map, As<X>)) {
    return load<V>(x);
  } else {
    using A = decltype(map(X(), 0));
    constexpr int n = sizeof(V) / sizeof(A);
    A v[n];
    for (int j = 0; j < n; ++j) v[j] = map(x[j], 0);
    return load<V>(v);
  }
}

// The fold of the lanes of all vectors, half of them onto the other half again and again.
template <class Op, class A, int N, class V>
[[gnu::always_inline]] inline A halve(const V (&v)[N]) {
  if constexpr (N > 1) {
    V half[N / 2];
    TH_UNROLL
    for (int k = 0; k < N / 2; ++k) half[k] = Op::combine(v[k], v[k + N / 2]);
    return halve<Op, A>(half);
  } else if constexpr (sizeof(V) > 2 * sizeof(A)) {
    Vector<A, sizeof(V) / 2> half[2];
    __builtin_memcpy(half, v, sizeof half);
    return halve<Op, A>(half);
  } else {
    return Op::combine(v[0][0], v[0][1]);
  }
}

// How Width running results lie in vectors, and how many of these are in registers at once.
template <class A, int Width>
struct Lanes {
  static constexpr int kBytes = sizeof(A);
  static constexpr int kLength = Width * kBytes < kVectorBytes ? Width : kVectorBytes / kBytes;
  static constexpr int kVectors = Width / kLength;
  static constexpr int kAtOnce = kVectors < 8 ? kVectors : 8;
  using V = Vector<A, kLength * kBytes>;
};

// Of Runs runs of n elements each, one after another: v = kVectors for each run, its Width running
// results, from vector First on. Whether How minds any element.
template <class How, class L, int Width, int Runs, int First, class X, class Map>
[[gnu::always_inline]] inline bool fold_vectors(i64 n, const X* x, Map map, typename L::V* v) {
  using V = typename L::V;
  using Quick = typename How::Quick;
  constexpr int kAtOnce = L::kAtOnce, kFolds = Runs * kAtOnce, kHalf = kFolds / 2;
  constexpr int kPairs = kHalf > 0 ? kHalf : 1;
  auto read = [=](i64 i, int k) {
    return vector_of<V>(x + k / kAtOnce * n + i + (First + k % kAtOnce) * L::kLength, map);
  };
  V fold[kFolds];
  decltype(V() < V()) mark[kPairs];
  TH_UNROLL
  for (int k = 0; k < kFolds; ++k) fold[k] = read(0, k);
  if constexpr (How::kWatches) {
    TH_UNROLL
    for (int k = 0; k < kPairs; ++k) mark[k] = unordered(fold[k], fold[k + kHalf]);
  }
  for (i64 i = Width; i + Width <= n; i += Width) {
    if constexpr (How::kWatches) {
      TH_UNROLL
      for (int k = 0; k < kPairs; ++k) {
        const V a = in_register(read(i, k)), b = in_register(read(i, k + kHalf));
        mark[k] |= unordered(a, b);
        fold[k] = Quick::combine(fold[k], a);
        if constexpr (kHalf > 0) fold[k + kHalf] = Quick::combine(fold[k + kHalf], b);
      }
    } else {
      TH_UNROLL
      for (int k = 0; k < kFolds; ++k) fold[k] = Quick::combine(fold[k], read(i, k));
    }
  }
  TH_UNROLL
  for (int k = 0; k < kFolds; ++k) v[k / kAtOnce * L::kVectors + First + k % kAtOnce] = fold[k];
  bool minds = false;
  if constexpr (How::kWatches) minds = halve<Or, typename How::Mark>(mark) != 0;
  if constexpr (First + kAtOnce < L::kVectors)
    minds |= fold_vectors<How, L, Width, Runs, First + kAtOnce>(n, x, map, v);
  return minds;
}

// The fold of map(x[i]) for i < n, Width <= n: Width running results, then halved.
template <class Op, int Width, class How, class X, class Map>
auto fold_lanes(i64 n, const X* x, Map map) {
  using A = decltype(map(X(), 0));
  using L = Lanes<A, Width>;
  typename L::V v[L::kVectors];
  const bool minds = fold_vectors<How, L, Width, 1, 0>(n, x, map, v);
  if constexpr (How::kWatches) {
    if (minds) return fold_lanes<Op, Width, Simply<Op>>(n, x, map);
  }
  i64 i = n / Width * Width;
  if (i == n) return halve<typename How::Quick, A>(v);
  A lane[Width];
  __builtin_memcpy(lane, v, sizeof lane);
  // What is left goes to other lanes each time: one step more for each of them.
  for (int first = 0; i + 8 <= n; i += 8, first += 8)
    for (int j = 0; j < 8; ++j) lane[first + j] = Op::combine(lane[first + j], map(x[i + j], 0));
  for (int j = 0; i < n; ++i, ++j) lane[j] = Op::combine(lane[j], map(x[i], 0));
  __builtin_memcpy(v, lane, sizeof lane);
  return halve<Op, A>(v);
}

// The fold of map(x[i]) for i < n, 0 < n <= kLeaf.
template <class Op, class X, class Map>
auto leaf(i64 n, const X* x, Map map) {
  using A = decltype(map(X(), 0));
  if (n >= 128) return fold_lanes<Op, 64, Way<Op, A>>(n, x, map);
  if (n >= 64) return fold_lanes<Op, 32, Way<Op, A>>(n, x, map);
  if (n >= 16) return fold_lanes<Op, 8, Way<Op, A>>(n, x, map);
  A y = map(x[0], 0);
  for (i64 i = 1; i < n; ++i) y = Op::combine(y, map(x[i], 0));
  return y;
}

// y[r] = leaf of the r-th kLeaf elements. Reading at two places at once takes less time, and there
// are just as many registers as that takes.
constexpr int kRuns = 2;
template <class Op, class X, class Y>
[[gnu::noinline]] void leaves(const X* x, Y* y) {
  using L = Lanes<X, 64>;
  typename L::V v[kRuns][L::kVectors];
  fold_vectors<Simply<Op>, L, 64, kRuns, 0>(kLeaf, x, As<X>(), v[0]);
  for (int r = 0; r < kRuns; ++r) y[r] = static_cast<Y>(halve<Op, X>(v[r]));
}

// n elements that are `step` apart, one after another: y.
template <class X>
[[gnu::noinline]] const X* gather(i64 n, const X* x, i64 step, X* y) {
  for (i64 i = 0; i < n; ++i) y[i] = x[i * step];
  return y;
}

// The fold of map(x, 0) over all axes, in blocks along the last one. A block is folded in the type
// that map gives, blocks in Y.
template <class Op, class Y, class X, class Map>
[[gnu::noinline]] Y fold_row(const Axes& r, const X* x, Map map) {
  const int last = r.rank - 1;
  const i64 n = r.size[last], step = r.stride[last];
  auto block = [&](const X* p, i64 m) {
    X aside[kLeaf];
    if (step != 1) p = gather(m, p, step, aside);
    return static_cast<Y>(leaf<Op>(m, p, map));
  };
  if (r.rank == 1 && 0 < n && n <= kLeaf) return block(x, n);
  Y memory[kLevels];
  Tree<Y, Op> tree(memory, 1);
  auto push = [&](Y partial) {
    *tree.next() = partial;
    tree.push();
  };
  each_line(r, last, [&](i64 offset) {
    i64 i = 0;
    if constexpr (__is_same(Map, As<X>) && !Way<Op, X>::kWatches) {
      for (; step == 1 && i + kRuns * kLeaf <= n; i += kRuns * kLeaf) {
        Y y[kRuns];
        leaves<Op>(x + offset + i, y);
        for (const Y& partial : y) push(partial);
      }
    }
    for (; i < n; i += kLeaf)
      push(block(x + offset + i * step, n - i < kLeaf ? n - i : kLeaf));
  });
  Y y;
  tree.finish(&y);
  return y;
}

// The same of one row, whose blocks are made one by one. A is the type that a block is folded in.
template <class Op, class A, class Y, class X>
Y fold_made(i64 n, const Maker& x) {
  Y memory[kLevels];
  Tree<Y, Op> tree(memory, 1);
  for (i64 i = 0; i < n; i += kLeaf) {
    const i64 m = n - i < kLeaf ? n - i : kLeaf;
    const X* p = static_cast<const X*>(x.make(x.context, i, m));
    *tree.next() = static_cast<Y>(leaf<Op>(m, p, As<A>()));
    tree.push();
  }
  Y y;
  tree.finish(&y);
  return y;
}

constexpr int kRows = 32;  // of columns that are folded one after another
constexpr i64 kTree = 32768;  // bytes for partial results: of the stack, and of the nearest cache

// How many columns at most may be folded side by side, so that the partial results of so many rows
// have room.
template <class T>
i64 columns_at_once(i64 rows) {
  i64 levels = 2;
  for (i64 pushes = rows / kRows + 1; pushes > 0; pushes >>= 1) ++levels;
  const i64 most = kTree / static_cast<i64>(sizeof(T)) / levels / 64 * 64;
  return most < kStrip ? most : kStrip;
}

constexpr i64 kScattered = 256;  // columns that are put together first

// acc[j] = op of acc[j], unless this is the first, and of at(i, j) for i < 4, for j < width. The
// marks of all elements.
template <class How, bool First, class A, class At>
[[gnu::always_inline]] inline typename How::Mark fold_four(i64 width, At at, A* __restrict acc) {
  using Quick = typename How::Quick;
  typename How::Mark mark = 0;
  for (i64 j = 0; j < width; ++j) {
    const A a = at(0, j), b = at(1, j), c = at(2, j), d = at(3, j);
    mark |= How::watch(a, b) | How::watch(c, d);
    const A four = Quick::combine(Quick::combine(a, b), Quick::combine(c, d));
    acc[j] = First ? four : Quick::combine(acc[j], four);
  }
  return mark;
}

// acc[j] = the fold of map(row[i][j * sx], j) over i < rows, for j < width: four rows in one go, so
// that acc is read and written less often.
template <class Op, class How, class A, class X, class Map>
[[gnu::noinline]] void fold_rows(int rows, const X* const* row, i64 width, i64 sx, Map map,
                                 A* __restrict acc) {
  X aside[4][kScattered];
  int i = 0;
  typename How::Mark mark = 0;
  for (; i + 4 <= rows; i += 4) {
    const X* x[4];
    for (int k = 0; k < 4; ++k)
      x[k] = sx == 1 ? row[i + k] : gather(width, row[i + k], sx, aside[k]);
    auto at = [=](int k, i64 j) { return map(x[k][j], j); };
    mark |= i == 0 ? fold_four<How, true>(width, at, acc)
                   : fold_four<How, false>(width, at, acc);
  }
  if (mark != 0) return fold_rows<Op, Simply<Op>>(rows, row, width, sx, map, acc);
  for (; i < rows; ++i) {
    const X* const x = sx == 1 ? row[i] : gather(width, row[i], sx, aside[0]);
    if (i == 0) {
      for (i64 j = 0; j < width; ++j) acc[j] = map(x[j], j);
    } else {
      for (i64 j = 0; j < width; ++j) acc[j] = Op::combine(acc[j], map(x[j], j));
    }
  }
}

// y[j] = the fold of map(x[j * sx], j) over all axes, for j < width <= columns_at_once.
template <class Op, class Y, class X, class Map>
[[gnu::noinline]] void fold_beside(const Axes& r, i64 width, const X* x, i64 sx, Map map, Y* y) {
  using A = decltype(map(X(), i64()));
  Y memory[kTree / sizeof(Y)];
  Tree<Y, Op> tree(memory, width);
  const X* row[kRows];
  int rows = 0;
  auto flush = [&] {
    if constexpr (__is_same(A, Y)) {
      fold_rows<Op, Way<Op, A>>(rows, row, width, sx, map, tree.next());
    } else {
      A acc[kStrip];
      fold_rows<Op, Way<Op, A>>(rows, row, width, sx, map, acc);
      Y* const partial = tree.next();
      for (i64 j = 0; j < width; ++j) partial[j] = static_cast<Y>(acc[j]);
    }
    tree.push();
    rows = 0;
  };
  each_line(r, r.rank, [&](i64 offset) {
    row[rows] = x + offset;
    if (++rows == kRows) flush();
  });
  if (rows > 0) flush();
  tree.finish(y);
}

// The same for j < width <= kStrip.
template <class Op, class Y, class X, class Map>
void fold_strip(const Axes& r, i64 width, const X* x, i64 sx, Map map, Y* y) {
  i64 rows = 1;
  for (int d = 0; d < r.rank; ++d) rows *= r.size[d];
  i64 most = columns_at_once<Y>(rows);
  if (sx != 1 && most > kScattered) most = kScattered;
  for (i64 first = 0; first < width; first += most) {
    const i64 m = width - first < most ? width - first : most;
    fold_beside<Op>(r, m, x + first * sx, sx, [=](auto v, i64 j = 0) { return map(v, j + first); },
                    y + first);
  }
}

// The same. Where rows are so narrow that several fit into a strip, and lie one after another, that
// many are folded side by side first: map must take j + width for j.
template <class Op, class Y, class X, class Map>
void fold_columns(const Axes& r, i64 width, const X* x, i64 sx, Map map, Y* y) {
  const int last = r.rank - 1;
  const i64 n = r.size[last], beside = kStrip / width;
  if (sx != 1 || r.stride[last] != width || beside == 1 || n < 4 * beside) {
    fold_strip<Op>(r, width, x, sx, map, y);
    return;
  }
  Axes wide = r, rest = r;
  wide.size[last] = n / beside;
  wide.stride[last] = width * beside;
  rest.size[last] = n % beside;
  Y part[kStrip];
  fold_strip<Op>(wide, width * beside, x, 1, map, part);
  for (i64 rows = beside; rows > 1; rows = (rows + 1) / 2) {
    const i64 half = (rows + 1) / 2;
    for (i64 j = 0; j < (rows - half) * width; ++j)
      part[j] = Op::combine(part[j], part[half * width + j]);
  }
  if (rest.size[last] == 0) {
    for (i64 j = 0; j < width; ++j) y[j] = part[j];
    return;
  }
  fold_strip<Op>(rest, width, x + (n - n % beside) * width, 1, map, y);
  for (i64 j = 0; j < width; ++j) y[j] = Op::combine(part[j], y[j]);
}

}  // namespace
}  // namespace th::TH_ISA
