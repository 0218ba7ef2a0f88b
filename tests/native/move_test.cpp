// Copy and fill against loops over row-major indices.
#include "operand.h"

namespace {

template <class Body>
void for_dtypes(Body body) {
  body(float(), TH_FLOAT32);
  body(double(), TH_FLOAT64);
  body(int32_t(), TH_INT32);
  body(int64_t(), TH_INT64);
  body(uint8_t(), TH_UINT8);
  body(uint8_t(), TH_BOOL);
}

template <class T>
T any(Random& random) {
  return static_cast<T>(random.below(200));
}

const Shape kShapes[] = {{},        {1},       {67},      {32769},      {9, 7},
                         {0},       {3, 4, 5}, {2, 0, 3}, {2, 3, 4, 5}, {2, 2, 1, 2, 2, 1, 2, 3},
                         {40, 1000}};

template <class T>
T any_bits(Random& random) {
  return static_cast<T>(random.bits());
}

// Every element of y is that of x, and what lies between the elements of y stays as it is.
template <class T>
void check_copy(const Shape& size, const Order& from, const Order& to, Random& random) {
  const Operand<T> x(size, from, [&] { return any_bits<T>(random); });
  Operand<T> y(size, to, [&] { return any_bits<T>(random); });
  Operand<T> expected = y;
  for (i64 i = 0; i < elements(size); ++i) expected[i] = x[i];
  check::context = check::text(sizeof(T), " bytes ", show(size), show(from), " to ", show(to));
  th_copy(dtype_of<T>, static_cast<int32_t>(size.size()), layout(size, x, y).data(), x.data(),
          y.store.data() + y.start, Ok());
  CHECK(y.store == expected.store);
}

Order forwards(std::vector<size_t> axes) {
  const size_t rank = axes.size();
  return {std::move(axes), std::vector<Way>(rank, Way::kForwards)};
}

}  // namespace

TEST(copies_in_every_layout_to_every_layout) {
  for_dtypes([](auto zero, int dtype) {
    using T = decltype(zero);
    Random random(1);
    for (const Shape& size : kShapes)
      for (Lay from : kLays)
        for (Lay to :
             {Lay::kContiguous, Lay::kTransposed, Lay::kSliced, Lay::kFlipped, Lay::kPadded}) {
          const i64 n = elements(size);
          if (n > 4000 && from != Lay::kContiguous && to != Lay::kContiguous) continue;
          const Operand<T> x(size, from, [&] { return any<T>(random); });
          Operand<T> y(size, to, [&] { return any<T>(random); });
          Operand<T> expected = y;  // what lies between the elements of y stays as it is
          for (i64 i = 0; i < n; ++i) expected[i] = x[i];
          check::context = check::text("dtype ", dtype, show(size), name(from), " to ", name(to));
          th_copy(dtype, static_cast<int32_t>(size.size()), layout(size, x, y).data(), x.data(),
                  y.store.data() + y.start, Ok());
          CHECK(y.store == expected.store);
        }
  });
}

TEST(copies_keep_every_bit) {
  Operand<float> x({33}, Lay::kContiguous, [] { return 1.0f; });
  const uint32_t patterns[] = {0x7fa00001, 0xffc12345, 0x80000000, 1};  // NaNs with payload, -0
  for (i64 i = 0; i < 33; ++i) std::memcpy(&x[i], &patterns[i % 4], 4);
  Result<float> y(33);
  th_copy(TH_FLOAT32, 1,
          layout({33}, x, Operand<float>({33}, Lay::kContiguous, [] { return 0.f; })).data(),
          x.data(), y.data(), Ok());
  CHECK(std::memcmp(x.data(), y.data(), 33 * sizeof(float)) == 0);
}

TEST(fills) {
  for_dtypes([](auto zero, int dtype) {
    using T = decltype(zero);
    for (i64 n : {0, 1, 7, 64, 32769, 100001})
      for (double value : {0.0, 1.0, 3.0, 200.0, 0.5, -7.25, 1e300, -1e300, std::nan("")}) {
        check::context = check::text("dtype ", dtype, " n ", n, " value ", value);
        Result<T> y(n);
        th_fill(dtype, n, value, y.data(), Ok());
        CHECK(y.intact());
        T expected;
        if constexpr (std::is_floating_point_v<T>) {
          expected = static_cast<T>(value);
        } else {
          const double low = static_cast<double>(std::numeric_limits<T>::min());
          const double high = static_cast<double>(std::numeric_limits<T>::max());
          expected = dtype == TH_BOOL ? value != 0
                     : value != value ? T(0)
                     : value <= low   ? std::numeric_limits<T>::min()
                     : value >= high  ? std::numeric_limits<T>::max()
                                      : static_cast<T>(value);
        }
        for (i64 i = 0; i < n; ++i)
          if (!(y[i] == expected || (expected != expected && y[i] != y[i])))
            check::fail(__FILE__, __LINE__, check::text("[", i, "] is ", +y[i]));
      }
  });
}

TEST(copies_every_permutation_of_axes) {
  Random random(4);
  for (const Shape& size : {Shape{67, 130},
                            {1, 9},
                            {300, 3},
                            {3, 301},
                            {19, 35, 17},
                            {65, 2, 40},
                            {5, 9, 18, 7},
                            {17, 1, 3, 33}}) {
    std::vector<size_t> axes(size.size());
    for (size_t d = 0; d < axes.size(); ++d) axes[d] = d;
    do {
      for (int i = 0; i < 8; ++i) {
        Order from = any_order(size.size(), true, random), to = forwards(axes);
        if (i == 0) from = forwards(axes);  // both in the same order
        if (i < 6) std::reverse(to.axes.begin(), to.axes.end());
        if (i >= 4) to = any_order(size.size(), false, random);
        if (i % 2 == 1) from.axes = axes;
        check_copy<uint8_t>(size, from, to, random);
        check_copy<int32_t>(size, from, to, random);
        check_copy<int64_t>(size, from, to, random);
      }
    } while (std::next_permutation(axes.begin(), axes.end()));
  }
}

TEST(copies_large_tensors_across) {
  Random random(5);
  const Order rows = forwards({1, 0});
  for (const Shape& size : {Shape{150, 1100}, {1100, 150}, {1030, 515}, {2, 70'001}, {70'001, 2}})
    for (const std::vector<Way>& ways : {std::vector{Way::kForwards, Way::kForwards},
                                         {Way::kForwards, Way::kBackwards},
                                         {Way::kBackwards, Way::kForwards},
                                         {Way::kEveryOther, Way::kForwards}}) {
      const Order columns{{0, 1}, ways};
      check_copy<uint8_t>(size, columns, rows, random);
      check_copy<int32_t>(size, columns, rows, random);
      check_copy<int64_t>(size, columns, rows, random);
      check_copy<int32_t>(size, rows, columns, random);
    }
}

// Lines of the result that are whole, and lines that are not.
TEST(copies_across_beyond_the_caches) {
  Random random(6);
  const Order rows = forwards({1, 0});
  for (const Shape& size : {Shape{2048, 1100}, {1031, 2056}, {3000, 3001}}) {
    const Order columns = forwards({0, 1});
    check_copy<int32_t>(size, columns, rows, random);
    check_copy<int64_t>(size, columns, rows, random);
    if (elements(size) >= i64{8} << 20) check_copy<uint8_t>(size, columns, rows, random);
  }
}

// More than the caches hold, from and to addresses that are not aligned.
TEST(copies_and_fills_beyond_the_caches) {
  const i64 n = (i64{10} << 20) / 4;
  std::vector<float> x(static_cast<size_t>(n) + 3);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  const i64 same[] = {n, 1, 1}, rows[] = {160, n / 160, 0, 1, n / 160, 1};
  for (i64 from : {0, 3}) {
    Result<float> y(n);
    th_copy(TH_FLOAT32, 1, same, x.data() + from, y.data(), Ok());
    CHECK(y.intact());
    CHECK(std::memcmp(y.data(), x.data() + from, static_cast<size_t>(n) * 4) == 0);
    th_copy(TH_FLOAT32, 2, rows, x.data() + from, y.data(), Ok());
    for (i64 i = 0; i < 160; ++i)
      CHECK(std::memcmp(y.data() + i * (n / 160), x.data() + from,
                        static_cast<size_t>(n / 160) * 4) == 0);
    th_fill(TH_FLOAT32, n - from, 7, y.data() + from, Ok());
    CHECK(y.intact());
    const float* filled = y.data() + from;
    CHECK(std::all_of(filled, filled + n - from, [](float v) { return v == 7; }));
  }
}
