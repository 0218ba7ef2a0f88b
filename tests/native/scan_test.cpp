// Softmax and running sums against a plain loop in long double or 64-bit integers.
#include "operand.h"

namespace {

using Long = long double;

template <class T>
constexpr Long unit = 0.5L * std::numeric_limits<T>::epsilon();

template <class Body>
void for_floats(Body body) {
  body(float());
  body(double());
}

const Shape kShapes[] = {{1},       {7},       {64},       {65},         {1023},        {1025},
                         {7, 9},    {9, 7},    {1, 6},     {6, 1},       {40, 70},      {70, 40},
                         {3, 1, 5}, {4, 5, 6}, {9, 33, 2}, {2, 3, 4, 5}, {2, 20, 3, 16}};
const Shape kLongShapes[] = {{32767}, {32769}, {2, 20001}, {20001, 2}, {2049, 40}, {20, 300, 9}};

// Calls visit(indices) with those of each line along `axis`, counted in row-major order.
template <class Visit>
void for_lines(const Shape& size, int axis, Visit visit) {
  i64 inner = 1;
  for (size_t d = size.size() - 1; d > static_cast<size_t>(axis); --d) inner *= size[d];
  const i64 n = size[static_cast<size_t>(axis)];
  if (elements(size) == 0) return;
  std::vector<i64> line(static_cast<size_t>(n));
  for (i64 outer = 0; outer < elements(size) / n / inner; ++outer)
    for (i64 j = 0; j < inner; ++j) {
      for (i64 i = 0; i < n; ++i) line[static_cast<size_t>(i)] = (outer * n + i) * inner + j;
      visit(line);
    }
}

template <class T>
void check_softmax_line(bool log, const Operand<T>& x, const Result<T>& y,
                        const std::vector<i64>& line) {
  Long max = -std::numeric_limits<Long>::infinity(), sum = 0;
  bool nan = false;
  for (i64 i : line) {
    max = std::max<Long>(max, x[i]);
    nan = nan || x[i] != x[i];
  }
  nan = nan || std::isinf(max);
  for (i64 i : line) sum += std::exp(static_cast<Long>(x[i]) - max);
  const Long n = static_cast<Long>(line.size());
  for (i64 i : line) {
    const Long shifted = static_cast<Long>(x[i]) - max, e = std::exp(shifted) / sum;
    if (nan) {
      CHECK(y[i] != y[i]);
    } else if (log) {
      const Long expected = shifted - std::log(sum);
      if (std::isinf(expected)) {
        CHECK_EQ(static_cast<Long>(y[i]), expected);
      } else {
        CHECK_NEAR(static_cast<Long>(y[i]), expected,
                   unit<T> * (40 + std::log2(n) + 4 * std::abs(expected)));
      }
    } else {
      // x - m is rounded: its error is the relative one of exp.
      const Long slack = e > 0 ? (40 + std::log2(n) + std::abs(shifted)) * e : 0;
      CHECK_NEAR(static_cast<Long>(y[i]), e,
                 unit<T> * slack + std::numeric_limits<T>::denorm_min());
    }
  }
}

template <class T>
void check_softmax(const Operand<T>& x, const std::string& about) {
  const int rank = static_cast<int>(x.size.size());
  for (int axis = 0; axis < rank; ++axis)
    for (int log = 0; log < 2; ++log) {
      check::context = check::text("softmax f", 8 * sizeof(T), show(x.size), " axis ", axis,
                                   log ? ", log" : "", about);
      Result<T> y(elements(x.size));
      th_softmax(log, dtype_of<T>, rank, layout(x.size, x).data(), axis, x.data(), y.data(), Ok());
      CHECK(y.intact());
      for_lines(x.size, axis, [&](const auto& line) { check_softmax_line(log != 0, x, y, line); });
    }
}

template <class T>
void check_cumsum(int dtype, const Operand<T>& x, const std::string& about) {
  const int rank = static_cast<int>(x.size.size());
  for (int axis = 0; axis < rank; ++axis) {
    check::context = check::text("cumsum dtype ", dtype, show(x.size), " axis ", axis, about);
    auto run = [&](auto zero, auto check_line) {
      Result<decltype(zero)> y(elements(x.size));
      th_cumsum(dtype, rank, layout(x.size, x).data(), axis, x.data(), y.data(), Ok());
      CHECK(y.intact());
      for_lines(x.size, axis, [&](const auto& line) { check_line(line, y); });
    };
    if constexpr (std::is_floating_point_v<T>) {
      run(T(), [&](const auto& line, const auto& y) {
        Long sum = 0, magnitude = 0, count = 0;
        for (i64 i : line) {
          sum += x[i];
          magnitude += std::abs(static_cast<Long>(x[i]));
          ++count;
          // Added up in double, one by one, and rounded once.
          const Long bound = count * unit<double> * magnitude + unit<T> * std::abs(sum);
          if (sum - sum == 0) {
            CHECK_NEAR(static_cast<Long>(y[i]), sum, bound);
          } else {
            CHECK(sum != sum ? y[i] != y[i] : static_cast<Long>(y[i]) == sum);
          }
        }
      });
    } else {
      run(int64_t(), [&](const auto& line, const auto& y) {
        uint64_t sum = 0;
        for (i64 i : line) {
          sum += static_cast<uint64_t>(x[i]);
          CHECK_EQ(y[i], static_cast<int64_t>(sum));
        }
      });
    }
  }
}

}  // namespace

TEST(softmax_along_every_axis_in_every_layout) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(1);
    auto make = [&] { return static_cast<T>(random.between(-20, 20)); };
    for (const Shape& size : kShapes)
      for (Lay lay : lays(size))
        check_softmax(Operand<T>(size, lay, make), check::text(", ", name(lay)));
    for (const Shape& size : kLongShapes)
      check_softmax(Operand<T>(size, Lay::kContiguous, make), "");
    // Large enough to be brought into order first.
    for (const Shape& size : {Shape{300, 200}, {40, 30, 50}})
      for (Lay lay : kLays)
        check_softmax(Operand<T>(size, lay, make), check::text(", ", name(lay)));
  });
}

TEST(softmax_of_special_values) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    for (const Shape& size : {Shape{1, 1}, {3, 71}, {20, 16}, {71, 3}})
      // The last of them leave shares of float and of double that are subnormal, and just none.
      for (T special : {nan, inf, -inf, T(1000), T(-1000), T(1e30), T(-88), T(-98), T(-104), T(-131),
                        T(-710), T(-740), T(-746)}) {
        const i64 n = elements(size);
        for (i64 where : {i64{0}, n / 2, n - 1}) {
          Operand<T> x(size, Lay::kContiguous, [] { return T(1.5); });
          x[where] = special;
          check_softmax(x, check::text(" with ", special, " at ", where));
        }
        check_softmax(Operand<T>(size, Lay::kContiguous, [&] { return special; }),
                      check::text(" of ", special));
      }
  });
}

TEST(running_sums_along_every_axis_in_every_layout) {
  auto try_dtype = [](auto zero, int dtype) {
    using T = decltype(zero);
    Random random(2);
    auto make = [&] {
      if constexpr (std::is_floating_point_v<T>) return static_cast<T>(random.between(-4, 6));
      return static_cast<T>(dtype == TH_BOOL ? random.below(2) : random.bits());
    };
    for (const Shape& size : kShapes)
      for (Lay lay : lays(size))
        check_cumsum(dtype, Operand<T>(size, lay, make), check::text(", ", name(lay)));
    for (const Shape& size : kLongShapes)
      check_cumsum(dtype, Operand<T>(size, Lay::kContiguous, make), "");
  };
  try_dtype(float(), TH_FLOAT32);
  try_dtype(double(), TH_FLOAT64);
  try_dtype(int32_t(), TH_INT32);
  try_dtype(int64_t(), TH_INT64);
  try_dtype(uint8_t(), TH_UINT8);
  try_dtype(uint8_t(), TH_BOOL);
}

TEST(running_sums_of_special_values) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    const T inf = std::numeric_limits<T>::infinity();
    for (T special : {std::numeric_limits<T>::quiet_NaN(), inf, -inf})
      for (i64 where : {0, 35, 69}) {
        Operand<T> x({7, 10}, Lay::kContiguous, [] { return T(1.5); });
        x[where] = special;
        check_cumsum(dtype_of<T>, x, check::text(" with ", special, " at ", where));
        x[where / 2] = -inf;
        check_cumsum(dtype_of<T>, x, " and another");
      }
  });
}

TEST(nothing_along_an_empty_axis) {
  for (const Shape& size : {Shape{0}, {0, 3}, {3, 0}, {2, 0, 9}})
    for (Lay lay : kLays) {
      check_softmax(Operand<float>(size, lay, [] { return 1.0f; }), name(lay));
      check_cumsum(TH_FLOAT32, Operand<float>(size, lay, [] { return 1.0f; }), name(lay));
    }
}

TEST(the_same_bits_with_any_number_of_threads) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(3);
    for (const Shape& size : {Shape{300'003}, {7, 30001}, {30001, 7}, {600, 500}, {40, 50, 70}}) {
      const Operand<T> x(size, Lay::kContiguous,
                         [&] { return static_cast<T>(random.between(-4, 6)); });
      const int rank = static_cast<int>(size.size());
      for (int axis = 0; axis < rank; ++axis)
        for (int kind = 0; kind < 3; ++kind) {
          check::context = check::text(show(size), " axis ", axis, " kind ", kind);
          auto run = [&](int count, Result<T>& y) {
            threads(count);
            if (kind < 2) {
              th_softmax(kind, dtype_of<T>, rank, layout(size, x).data(), axis, x.data(), y.data(),
                         Ok());
            } else {
              th_cumsum(dtype_of<T>, rank, layout(size, x).data(), axis, x.data(), y.data(), Ok());
            }
          };
          Result<T> alone(elements(size));
          run(1, alone);
          for (int count : {2, 3, 7}) {
            Result<T> y(elements(size));
            run(count, y);
            CHECK(y.same_bits(alone));
          }
        }
    }
    threads(2);
  });
}
