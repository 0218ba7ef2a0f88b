// Reductions against a plain loop in long double, and the promised bound of sums against
// adversaries.
#include <cstdio>

#include "operand.h"

namespace {

using Long = long double;

// u: half the distance from 1 to the next.
template <class T>
constexpr Long unit = 0.5L * std::numeric_limits<T>::epsilon();

// A sum with a second word for what the first one loses.
struct Exact {
  Long sum = 0, lost = 0, magnitude = 0;
  void add(Long x) {
    const Long next = sum + x;
    lost += std::abs(sum) >= std::abs(x) ? sum - next + x : x - next + sum;
    sum = next;
    magnitude += std::abs(x);
  }
  Long value() const { return sum + lost; }
};

int log2_up(i64 n) {
  int log = 0;
  while ((i64{1} << log) < n) ++log;
  return log;
}

// ceil(log2(n / 128)) + 24, the factor of u·Σ|x| that a sum of n may be off by.
int sum_bound(i64 n) { return std::max(log2_up(n) - 7, -7) + 24; }

template <class Body>
void for_floats(Body body) {
  body(float());
  body(double());
}

// The elements of x that go into each result, in order.
template <class T>
std::vector<std::vector<T>> groups(const Operand<T>& x, int axes) {
  const Shape& size = x.size;
  i64 results = 1;
  for (size_t d = 0; d < size.size(); ++d)
    if (((axes >> d) & 1) == 0) results *= size[d];
  std::vector<std::vector<T>> all(static_cast<size_t>(results));
  for (i64 i = 0; i < elements(size); ++i) {
    i64 rest = i, result = 0, weight = 1;
    for (size_t d = size.size(); d-- > 0; rest /= size[d])
      if (((axes >> d) & 1) == 0) {
        result += rest % size[d] * weight;
        weight *= size[d];
      }
    all[static_cast<size_t>(result)].push_back(x[i]);
  }
  return all;
}

template <class T>
bool same(T got, T expected) {
  return expected != expected ? got != got : got == expected;
}

template <class T>
void check_same(const char* what, T got, T expected) {
  if (!same(got, expected))
    check::fail(__FILE__, __LINE__, check::text(what, " ", +got, ", expected ", +expected));
}

bool is_row(const char* row, const char* name) { return std::strcmp(row, name) == 0; }
bool is_index(const char* row) { return is_row(row, "ARGMAX") || is_row(row, "ARGMIN"); }

// An integer sum or product: the low 64 bits.
template <class T>
void check_integer(const char* row, const std::vector<T>& group, int64_t got) {
  uint64_t sum = 0, product = 1;
  for (T v : group) {
    sum += static_cast<uint64_t>(v);
    product *= static_cast<uint64_t>(v);
  }
  CHECK_EQ(got, static_cast<int64_t>(is_row(row, "SUM") ? sum : product));
}

template <class T>
void check_sum(const std::vector<T>& group, T got) {
  Long sum = 0, magnitude = 0;
  for (Long v : group) {
    sum += v;
    magnitude += std::abs(v);
  }
  if (!std::isfinite(magnitude)) {
    check_same("sum", got, static_cast<T>(sum));
    return;
  }
  const Long bound = sum_bound(static_cast<i64>(group.size())) * unit<T> * magnitude;
  CHECK_NEAR(static_cast<Long>(got), sum, bound);
}

// Each multiplication may be off by u.
template <class T>
void check_product(const std::vector<T>& group, T got) {
  Long product = 1;
  for (Long v : group) product *= v;
  if (!(std::abs(product) <= std::numeric_limits<T>::max())) {
    check_same("product", got, static_cast<T>(product));
    return;
  }
  CHECK_NEAR(static_cast<Long>(got), product,
             static_cast<Long>(group.size()) * unit<T> * std::abs(product));
}

// The first index of the largest, or the smallest; of the first NaN where there is one.
template <class T>
i64 extreme(const std::vector<T>& group, bool largest) {
  i64 best = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    const T v = group[i], so_far = group[static_cast<size_t>(best)];
    if (v != v) return static_cast<i64>(i);
    if (largest ? v > so_far : v < so_far) best = static_cast<i64>(i);
  }
  return best;
}

template <class T>
void check_extreme(const std::vector<T>& group, bool largest, T got) {
  constexpr bool is_float = std::is_floating_point_v<T>;
  const T inf = std::numeric_limits<T>::infinity();
  const T empty = largest ? (is_float ? -inf : T(0)) : (is_float ? inf : T(1));
  const T expected = group.empty() ? empty : group[static_cast<size_t>(extreme(group, largest))];
  check_same(largest ? "max" : "min", got, expected);
}

template <class T>
void check_norm(const std::vector<T>& group, T got) {
  Long sum = 0, largest = 0;
  for (Long v : group) largest = std::max(largest, std::abs(v));
  bool finite = true;
  for (Long v : group) {
    finite = finite && std::isfinite(v);
    sum += largest > 0 ? v / largest * (v / largest) : 0;
  }
  if (!finite) {
    bool nan = false;
    for (T v : group) nan = nan || v != v;
    const T inf = std::numeric_limits<T>::infinity();
    check_same("norm", got, nan ? std::numeric_limits<T>::quiet_NaN() : inf);
    return;
  }
  const Long expected = std::sqrt(sum) * largest;
  if (expected > std::numeric_limits<T>::max()) {
    check_same("norm", got, std::numeric_limits<T>::infinity());
    return;
  }
  const Long tiny = std::numeric_limits<T>::denorm_min();
  CHECK_NEAR(static_cast<Long>(got), expected,
             (sum_bound(static_cast<i64>(group.size())) / 2 + 3) * unit<T> * expected + tiny / 2);
}

template <class T>
void check_logsumexp(const std::vector<T>& group, T got) {
  Long max = -std::numeric_limits<Long>::infinity();
  bool nan = false;
  for (T v : group) {
    max = std::max<Long>(max, v);
    nan = nan || v != v;
  }
  if (nan || std::isinf(max)) {
    check_same("logsumexp", got, nan ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(max));
    return;
  }
  Long sum = 0;
  for (T v : group) {
    const Long shifted = static_cast<Long>(v) - max;
    // double is exact enough for float, and ten times as fast
    if (shifted > -60)
      sum += sizeof(T) == 4 ? std::exp(static_cast<double>(shifted)) : std::exp(shifted);
  }
  const Long expected = std::log(sum) + max;
  const Long slack = sum_bound(static_cast<i64>(group.size())) + 8;
  CHECK_NEAR(static_cast<Long>(got), expected, unit<T> * (slack + 4 * std::abs(max)));
}

template <class T, class Y>
void check_result(const char* row, const std::vector<T>& group, Y got) {
  constexpr bool is_float = std::is_floating_point_v<T>;
  if (is_index(row)) {
    CHECK_EQ(static_cast<i64>(got), extreme(group, is_row(row, "ARGMAX")));
  } else if (is_row(row, "MAX") || is_row(row, "MIN")) {
    check_extreme(group, is_row(row, "MAX"), static_cast<T>(got));
  } else if constexpr (is_float) {
    const T y = static_cast<T>(got);
    if (is_row(row, "SUM")) check_sum(group, y);
    if (is_row(row, "PROD")) check_product(group, y);
    if (is_row(row, "LOGSUMEXP")) check_logsumexp(group, y);
    if (is_row(row, "NORM")) check_norm(group, y);
  } else {
    check_integer(row, group, static_cast<int64_t>(got));
  }
}

// One reduction over `axes`, every result of it.
template <class T>
void check_reduction(const char* row, int dtype, const Operand<T>& x, int axes,
                     const std::vector<std::vector<T>>& group) {
  auto run = [&](auto zero) {
    Result<decltype(zero)> y(static_cast<i64>(group.size()));
    th_reduce(op(TH_REDUCE, row), dtype, static_cast<int32_t>(x.size.size()),
              layout(x.size, x).data(), axes, x.data(), y.data(), Ok());
    CHECK(y.intact());
    for (i64 i = 0; i < y.size(); ++i) check_result(row, group[static_cast<size_t>(i)], y[i]);
  };
  const bool wide = !std::is_floating_point_v<T> && (is_row(row, "SUM") || is_row(row, "PROD"));
  if (wide || is_index(row)) {
    run(int64_t());
  } else {
    run(T());
  }
}

template <class T>
void check_reduction(const char* row, const Operand<T>& x, int axes) {
  check_reduction(row, dtype_of<T>, x, axes, groups(x, axes));
}

bool one_axis(int axes) { return axes != 0 && (axes & (axes - 1)) == 0; }

using Rows = std::initializer_list<const char*>;
constexpr Rows kFloats = {"SUM", "MAX", "MIN", "LOGSUMEXP", "NORM", "ARGMAX", "ARGMIN"};
constexpr Rows kIntegers = {"SUM", "PROD", "MAX", "MIN", "ARGMAX", "ARGMIN"};

template <class T>
void check_all(Rows rows, int dtype, const Operand<T>& x, const std::string& about) {
  for (int axes = 0; axes < 1 << x.size.size(); ++axes) {
    const auto group = groups(x, axes);
    for (const char* row : rows) {
      if (is_index(row) && !one_axis(axes)) continue;
      check::context = check::text(row, " dtype ", dtype, show(x.size), " axes ", axes, about);
      check_reduction(row, dtype, x, axes, group);
    }
  }
}

template <class T>
void check_all(const Operand<T>& x, const std::string& about) {
  check_all(kFloats, dtype_of<T>, x, about);
}

// Near 1, so that the product of a million of them is a number, and so is each part of it.
template <class T>
T factor(Random& random) {
  const double x = 1 + random.between(-1, 1) / 64;
  return static_cast<T>(random.below(2) == 0 ? x : -x);
}

// Shapes for every way through a reduction: rows and columns, short, narrow, long, cut into blocks.
const Shape kShapes[] = {
    {},           {1},           {5},          {31},           {64},
    {130},        {1025},        {7, 9},       {8, 16},        {17, 3},
    {1, 6},       {6, 1},        {33, 40},     {130, 9},       {300, 2},
    {3, 1, 5},    {4, 5, 6},     {9, 33, 2},   {2, 17, 12},    {5, 40, 33},
    {2, 3, 4, 5}, {4, 17, 8, 3}, {3, 1, 1, 9}, {2, 20, 3, 16}, {2, 2, 1, 2, 3, 2, 2, 3}};
const Shape kLongShapes[] = {{32767},    {32769},      {300001},     {2, 40001},
                             {40001, 2}, {2100, 9},    {9, 2100},    {9000, 10},
                             {300, 299}, {3, 50, 700}, {2, 2, 17000}};

// A view of many axes in any order, some of them sliced, flipped or repeated.
template <class T, class Make>
Operand<T> any_view(Random& random, Make make) {
  Shape size(static_cast<size_t>(2 + random.below(4)));
  do {
    for (i64& n : size) n = 1 + random.below(random.below(3) == 0 ? 50 : 6);
  } while (elements(size) > 3000);
  Operand<T> x(size, Lay::kContiguous, make);
  for (size_t d = 0; d < size.size(); ++d) {
    const auto e = d + static_cast<size_t>(random.below(static_cast<i64>(size.size() - d)));
    std::swap(x.size[d], x.size[e]);
    std::swap(x.stride[d], x.stride[e]);
    switch (random.below(6)) {
      case 0:
        x.start += (x.size[d] - 1) * x.stride[d];
        x.stride[d] = -x.stride[d];
        break;
      case 1:
        x.size[d] = (x.size[d] + 1) / 2;
        x.stride[d] *= 2;
        break;
      case 2:
        x.stride[d] = 0;
        break;
      default:
        break;
    }
  }
  return x;
}

template <class T>
T sum(const std::vector<T>& x) {
  T y;
  const i64 l[] = {static_cast<i64>(x.size()), 1};
  th_reduce(op(TH_REDUCE, "SUM"), dtype_of<T>, 1, l, 1, x.data(), &y, Ok());
  return y;
}

}  // namespace

TEST(every_row_has_an_oracle) {
  const std::string known = "SUM PROD MAX MIN LOGSUMEXP NORM ARGMAX ARGMIN ";
  for (int code = 0; th_op_name(TH_REDUCE, code) != nullptr; ++code)
    CHECK(known.find(th_op_name(TH_REDUCE, code) + std::string(" ")) != std::string::npos);
}

TEST(every_subset_of_axes_in_every_layout) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(1);
    for (const Shape& size : kShapes)
      for (Lay lay : kLays) {
        check_all(Operand<T>(size, lay, [&] { return static_cast<T>(random.between(-4, 6)); }),
                  check::text(", ", name(lay)));
        check_all({"PROD"}, dtype_of<T>, Operand<T>(size, lay, [&] { return factor<T>(random); }),
                  check::text(", ", name(lay)));
      }
  });
}

TEST(any_view) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(10);
    for (int round = 0; round < 150; ++round) {
      const auto make = [&] { return static_cast<T>(random.between(-4, 6)); };
      check_all(any_view<T>(random, make), check::text(", view ", round));
      check_all({"PROD"}, dtype_of<T>, any_view<T>(random, [&] { return factor<T>(random); }),
                check::text(", view ", round));
    }
  });
}

TEST(long_rows_and_tall_columns) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(2);
    for (const Shape& size : kLongShapes)
      for (Lay lay : {Lay::kContiguous, size.size() == 1 ? Lay::kFlipped : Lay::kTransposed}) {
        check_all(Operand<T>(size, lay, [&] { return static_cast<T>(random.between(-4, 6)); }),
                  check::text(", ", name(lay)));
        check_all({"PROD"}, dtype_of<T>, Operand<T>(size, lay, [&] { return factor<T>(random); }),
                  check::text(", ", name(lay)));
      }
  });
}

TEST(integers_of_every_dtype) {
  auto try_dtype = [](auto zero, int dtype) {
    using T = decltype(zero);
    Random random(8);
    auto make = [&] {
      const uint64_t bits = random.bits();
      if (dtype == TH_BOOL) return static_cast<T>(bits % 16 != 0);
      return static_cast<T>(bits % 5 == 0 ? bits % 7 : bits | 1);  // odd ones keep a product alive
    };
    for (const Shape& size : kShapes)
      for (Lay lay : kLays)
        check_all(kIntegers, dtype, Operand<T>(size, lay, make), check::text(", ", name(lay)));
    for (const Shape& size : kLongShapes)
      check_all(kIntegers, dtype, Operand<T>(size, Lay::kContiguous, make), "");
    for (int round = 0; round < 60; ++round)
      check_all(kIntegers, dtype, any_view<T>(random, make), check::text(", view ", round));
    // All of the largest: narrow partial sums would overflow.
    for (const Shape& size : {Shape{70000}, {300, 300}, {70, 3, 70}})
      check_all({"SUM"}, dtype,
                Operand<T>(size, Lay::kContiguous,
                           [&] { return dtype == TH_BOOL ? T(1) : std::numeric_limits<T>::max(); }),
                " of the largest");
    check_all({"SUM", "PROD"}, dtype, Operand<T>({0, 3}, Lay::kContiguous, make), " of none");
    if (dtype == TH_BOOL)
      check_all({"MAX", "MIN"}, dtype, Operand<T>({0, 3}, Lay::kContiguous, make), " of none");
  };
  try_dtype(int32_t(), TH_INT32);
  try_dtype(int64_t(), TH_INT64);
  try_dtype(uint8_t(), TH_UINT8);
  try_dtype(uint8_t(), TH_BOOL);
}

// Squares beyond the range of the dtype, and below it.
TEST(norms_of_very_large_and_very_small_numbers) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    using L = std::numeric_limits<T>;
    Random random(9);
    for (T size : {L::max(), L::max() / 64, std::sqrt(L::max()), std::sqrt(L::min()), L::min(),
                   L::min() / 1024, L::denorm_min(), T(0)})
      for (const Shape& shape : {Shape{1}, {9}, {1000}, {40, 70}, {70, 40}, {3, 5, 20}})
        for (Lay lay : {Lay::kContiguous, Lay::kTransposed, Lay::kSliced})
          check_all(
              {"NORM"}, dtype_of<T>,
              Operand<T>(shape, lay, [&] { return static_cast<T>(size * random.between(-1, 1)); }),
              check::text(" up to ", size, ", ", name(lay)));
    // One large among many small.
    Operand<T> x({5000}, Lay::kContiguous, [&] { return L::min(); });
    x[4321] = L::max() / 2;
    check_all({"NORM"}, dtype_of<T>, x, " with one large");
  });
}

// Every length through the blocks of the inner loop, in rows, in strided rows and in columns.
TEST(every_length) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(3);
    for (i64 n = 1; n <= 300; ++n) {
      auto make = [&] { return static_cast<T>(random.between(-4, 6)); };
      const Operand<T> rows({3, n}, Lay::kContiguous, make);
      const Operand<T> strided({n, 3}, Lay::kContiguous, make);
      const Operand<T> columns({n, 9}, Lay::kContiguous, make);
      const Operand<T> wide({3, n}, Lay::kPadded, make);
      for (const char* row : kFloats) {
        check::context = check::text(row, " f", 8 * sizeof(T), " over ", n);
        check_reduction(row, rows, 2);
        check_reduction(row, strided, 1);
        check_reduction(row, columns, 1);
        check_reduction(row, wide, 1);
      }
    }
  });
}

// A NaN or an infinity at each place of a row, and in each row of a column.
TEST(special_values_everywhere) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    for (const Shape& size :
         {Shape{1, 1}, {2, 5}, {12, 71}, {20, 16}, {3, 130}, {40, 9}, {2, 333}}) {
      for (T special : {nan, inf, -inf}) {
        const i64 n = elements(size), step = n > 300 ? 7 : 1;
        for (i64 where = 0; where < n; where += step) {
          Operand<T> x(size, Lay::kContiguous, [] { return T(1.5); });
          x[where] = special;
          check_all(x, check::text(" with ", special, " at ", where));
          if (where + 11 < n) {  // and a second one of another kind
            x[where + 11] = special == nan ? inf : nan;
            check_all(x, check::text(" with ", special, " at ", where, " and another"));
          }
        }
        check_all(Operand<T>(size, Lay::kContiguous, [&] { return special; }), " of specials");
      }
      Operand<T> x(size, Lay::kContiguous, [] { return T(-2); });
      if (elements(size) > 1) {
        x[0] = inf;
        x[elements(size) - 1] = -inf;
        check_all(x, " with both infinities");
      }
    }
    // Far from zero the shift keeps the exponentials finite.
    for (T far : {T(-1000), T(1000), T(-1e30), T(1e30)})
      check_all(Operand<T>({3, 70}, Lay::kContiguous, [&] { return far; }), " far from zero");
  });
}

TEST(empty_axes) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    for (const Shape& size : {Shape{0},
                              {0, 3},
                              {3, 0},
                              {0, 0},
                              {2, 0, 9},
                              {0, 2, 9},
                              {2, 9, 0},
                              {2, 0, 3, 16},
                              {0, 5, 0, 2}}) {
      for (Lay lay : kLays) {
        const Operand<T> x(size, lay, [] { return T(1); });
        for (int axes = 0; axes < 1 << size.size(); ++axes)
          for (const char* row : {"SUM", "PROD", "MAX", "MIN", "LOGSUMEXP", "NORM"}) {
            check::context = check::text(row, show(size), " axes ", axes, name(lay));
            check_reduction(row, x, axes);
          }
      }
    }
  });
}

TEST(the_first_of_equal_extremes) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(4);
    auto try_both = [](const Operand<T>& x, int axis) {
      for (const char* row : {"ARGMAX", "ARGMIN"}) check_reduction(row, x, 1 << axis);
    };
    for (Lay lay : kLays)
      for (int round = 0; round < 20; ++round)
        for (const Shape& size : {Shape{50}, {7, 30}, {3, 5, 9}, {9, 70}})
          for (int axis = 0; axis < static_cast<int>(size.size()); ++axis) {
            check::context = check::text(show(size), " axis ", axis, ", ", name(lay));
            try_both(Operand<T>(size, lay, [&] { return static_cast<T>(random.below(3)); }), axis);
          }
    // In different blocks, and with a NaN in one of them, or in two.
    for (const Shape& size : {Shape{300'000}, {3, 70'000}, {70'000, 3}, {9000, 40}})
      for (int axis = 0; axis < static_cast<int>(size.size()); ++axis) {
        check::context = check::text(show(size), " axis ", axis);
        Operand<T> x(size, Lay::kContiguous, [&] { return static_cast<T>(random.below(1000)); });
        try_both(x, axis);
        const i64 n = elements(size);
        for (i64 where : {n - 1, n / 2, n / 3}) {
          x[where] = std::numeric_limits<T>::quiet_NaN();
          try_both(x, axis);
        }
      }
    // A zero of either sign is the same.
    for (size_t i = 0; i < 2; ++i) {
      const T zeros[] = {T(-0.0), 0, T(-0.0), 0, T(-0.0)};
      size_t next = i;
      try_both(Operand<T>({4}, Lay::kContiguous, [&] { return zeros[next++]; }), 0);
    }
  });
}

// 1 among numbers that are just too small to change it: each addition on the way of the 1 loses
// one of them, so the sum is off by u times the number of additions. A greedy search finds them.
// sum(x) of n numbers; gives how many are lost on the way of the one at `place`.
template <class Sum>
int additions(i64 n, i64 place, Sum sum) {
  const float loss = std::nextafter(0x1p-24f, 0.0f);
  std::vector<float> x(static_cast<size_t>(n), 0.0f);
  x[static_cast<size_t>(place)] = 1;
  int lost = 0;
  for (i64 i = 0; i < n; ++i) {
    if (i == place) continue;
    x[static_cast<size_t>(i)] = loss;
    if (sum(x) == 1.0f) {
      ++lost;
    } else {
      x[static_cast<size_t>(i)] = 0;
    }
  }
  return lost;
}

TEST(the_longest_way_of_an_element_through_a_sum) {
  auto check_way = [](i64 n, i64 place, const char* about, auto sum) {
    check::context = check::text("n ", n, ", 1 at ", place, about);
    const int lost = additions(n, place, sum);
    if (lost > sum_bound(n))
      check::fail(__FILE__, __LINE__, check::text(lost, " additions, promised ", sum_bound(n)));
  };
  for (i64 n : {1,   7,   8,   9,   31,   32,   33,   63,   64,   65,   127, 128,
                129, 255, 511, 959, 1000, 1016, 1017, 1023, 1024, 1087, 2047})
    for (i64 place : {i64{0}, n / 3, n - 1 - (n - 1) % 8, n - n % 64 - (n % 64 == 0 ? 64 : 0),
                      n - 1 - (n - 1) % 1024})
      check_way(n, place, "", sum<float>);
  // In a column, alone and with others beside it, which are folded in other ways; in two axes.
  for (i64 n : {15, 16, 17, 100, 259, 1000})
    for (i64 place : {i64{0}, n / 3, n - 1})
      for (i64 width : {2, 3, 40}) {
        std::vector<float> matrix(static_cast<size_t>(n * width), 0.0f);
        std::vector<float> y(static_cast<size_t>(width));
        check_way(n, place, " in a column", [&](const std::vector<float>& x) {
          for (i64 i = 0; i < n; ++i)
            matrix[static_cast<size_t>(i * width + width / 2)] = x[static_cast<size_t>(i)];
          const i64 l[] = {n, width, width, 1};
          th_reduce(op(TH_REDUCE, "SUM"), TH_FLOAT32, 2, l, 1, matrix.data(), y.data(), Ok());
          return y[static_cast<size_t>(width / 2)];
        });
      }
  for (const Shape& two : {Shape{3, 400}, {40, 30}, {400, 3}})
    check_way(1200, 7, " of two axes", [&](const std::vector<float>& x) {
      float y;
      const i64 l[] = {two[0], 1, two[1], two[1] + 1, 1, 1};
      std::vector<float> padded(static_cast<size_t>(two[0] * (two[1] + 1)), 0.0f);
      for (i64 i = 0; i < 1200; ++i)
        padded[static_cast<size_t>(i + i / two[1])] = x[static_cast<size_t>(i)];
      th_reduce(op(TH_REDUCE, "SUM"), TH_FLOAT32, 3, l, 7, padded.data(), &y, Ok());
      return y;
    });
}

TEST(the_bound_of_sums) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(5);
    constexpr i64 kLargest = 4'000'000;
    std::vector<T> x(kLargest);
    auto try_all_sizes = [&](const char* data, auto make) {
      for (T& v : x) v = static_cast<T>(make());
      for (i64 n : {100LL, 1023LL, 1024LL, 1025LL, 65535LL, 1LL << 20, 3'333'333LL, kLargest}) {
        check::context = check::text("f", 8 * sizeof(T), " ", data, " n ", n);
        Exact all;
        for (i64 i = 0; i < n; ++i) all.add(x[static_cast<size_t>(i)]);
        const Long bound = sum_bound(n) * unit<T> * all.magnitude;
        T y;
        for (const Shape& l : {Shape{n, 1}, {n, -1}}) {
          th_reduce(op(TH_REDUCE, "SUM"), dtype_of<T>, 1, l.data(), 1,
                    l[1] == 1 ? x.data() : x.data() + n - 1, &y, Ok());
          CHECK_NEAR(static_cast<Long>(y), all.value(), bound);
        }
        // The columns of a matrix.
        const i64 rows = n / 16;
        if (rows == 0) continue;
        Result<T> columns(16);
        const i64 matrix[] = {rows, 16, 16, 1};
        th_reduce(op(TH_REDUCE, "SUM"), dtype_of<T>, 2, matrix, 1, x.data(), columns.data(), Ok());
        for (i64 c = 0; c < 16; c += 5) {
          Exact one;
          for (i64 r = 0; r < rows; ++r) one.add(x[static_cast<size_t>(r * 16 + c)]);
          CHECK_NEAR(static_cast<Long>(columns[c]), one.value(),
                     sum_bound(rows) * unit<T> * one.magnitude);
        }
      }
    };
    try_all_sizes("all alike", [] { return 0.1; });
    try_all_sizes("positive", [&] { return random.between(0, 1); });
    try_all_sizes("cancelling", [&] { return random.between(-1, 1); });
    try_all_sizes("of all magnitudes", [&] {
      return std::ldexp(random.between(-1, 1), static_cast<int>(random.below(60)) - 30);
    });
    i64 i = 0;  // one large, the rest just too small to be seen beside it
    try_all_sizes("one large",
                  [&] { return i++ == 0 ? 1.0 : static_cast<double>(unit<T>) * 0.999; });
    i = 0;
    try_all_sizes("large ones that cancel", [&] { return i++ % 2 == 0 ? 1e6 + 1 : -1e6; });
  });
}

TEST(the_same_bits_with_any_number_of_threads) {
  auto try_dtype = [](auto zero, Rows rows) {
    using T = decltype(zero);
    Random random(6);
    auto make = [&] { return static_cast<T>(random.between(-4, 6)); };
    for (const Shape& size :
         {Shape{600'003}, {7, 40001}, {40001, 7}, {500, 600}, {40, 50, 70}, {3000, 10, 9}})
      for (Lay lay : {Lay::kContiguous, Lay::kTransposed}) {
        const Operand<T> x(size, lay, make);
        const int rank = static_cast<int>(size.size());
        for (int axes = 1; axes < 1 << rank; ++axes)
          for (const char* row : rows) {
            if (is_index(row) && !one_axis(axes)) continue;
            check::context = check::text(row, show(size), " axes ", axes, ", ", name(lay));
            i64 n = 1;
            for (int d = 0; d < rank; ++d)
              if (((axes >> d) & 1) == 0) n *= size[static_cast<size_t>(d)];
            auto run = [&](int count, Result<int64_t>& y) {  // as wide as any result
              threads(count);
              th_reduce(op(TH_REDUCE, row), dtype_of<T>, rank, layout(size, x).data(), axes,
                        x.data(), y.data(), Ok());
            };
            Result<int64_t> alone(n);
            run(1, alone);
            for (int count : {2, 3, 7}) {
              Result<int64_t> y(n);
              run(count, y);
              if (!y.same_bits(alone))
                check::fail(__FILE__, __LINE__, check::text("other bits with ", count, " threads"));
            }
          }
      }
    threads(2);
  };
  try_dtype(float(), {"SUM", "PROD", "MAX", "LOGSUMEXP", "NORM", "ARGMAX"});
  try_dtype(double(), {"SUM", "MIN", "NORM"});
  try_dtype(int32_t(), {"SUM", "PROD", "MIN", "ARGMIN"});
}
