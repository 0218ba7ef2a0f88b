// Gather and scatter_add against loops over row-major indices.
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

// A smaller size that differs from `size` along `axis` alone.
Shape resized(Shape size, size_t axis, i64 n) {
  size[axis] = n;
  return size;
}

// Where row-major position i of `size` lies in a tensor of size `other` with `k` for its axis.
i64 moved(const Shape& size, const Shape& other, size_t axis, i64 i, i64 k) {
  i64 at = 0, weight = 1;
  for (size_t d = size.size(); d-- > 0; i /= size[d]) {
    at += (d == axis ? k : i % size[d]) * weight;
    weight *= other[d];
  }
  return at;
}

// Integers wrap around.
template <class T>
void add(T& sum, T x) {
  if constexpr (std::is_integral_v<T>) {
    using Bits = std::make_unsigned_t<T>;
    sum = static_cast<T>(static_cast<Bits>(static_cast<Bits>(sum) + static_cast<Bits>(x)));
  } else {
    sum += x;
  }
}

// The order and the size of a random case.
struct Case {
  Shape size;
  size_t axis;
  i64 bound;
};

Case any_case(Random& random) {
  const i64 sizes[] = {1, 2, 3, 5, 8, 17, 40};
  Case c;
  i64 count = 1;
  for (i64 rank = 1 + random.below(4); rank > 0; --rank) {
    i64 n = sizes[random.below(7)];
    if (count * n > 20'000) n = 2;
    count *= n;
    c.size.push_back(n);
  }
  c.axis = static_cast<size_t>(random.below(static_cast<i64>(c.size.size())));
  c.bound = 1 + random.below(30);
  return c;
}

// An index that depends only on some of the axes, as those of rows do.
Order index_order(const Case& c, Random& random) {
  Order order = any_order(c.size.size(), true, random);
  if (random.below(2) == 0)
    for (size_t d = c.axis + 1; d < c.size.size(); ++d) order.ways[d] = Way::kStill;
  return order;
}

template <class T>
void gather(const Case& c, const Operand<T>& x, const Operand<i64>& index, T* y, th_error* error) {
  th_gather(dtype_of<T>, static_cast<int32_t>(c.size.size()), layout(c.size, x, index).data(),
            static_cast<int32_t>(c.axis), c.bound, x.data(), index.data(), y, error);
}

template <class T>
void scatter_add(const Case& c, const Operand<T>& x, const Operand<i64>& index, Operand<T>& y,
                 th_error* error) {
  th_scatter_add(dtype_of<T>, static_cast<int32_t>(c.size.size()),
                 layout(c.size, x, index, y).data(), static_cast<int32_t>(c.axis), c.bound,
                 x.data(), index.data(), y.store.data() + y.start, error);
}

template <class T>
void check_gather(const Case& c, const Order& of_x, const Order& of_index, Random& random) {
  const Shape source = resized(c.size, c.axis, c.bound);
  const Operand<T> x(source, of_x, [&] { return any<T>(random); });
  const Operand<i64> index(c.size, of_index, [&] { return random.below(c.bound); });
  check::context = check::text("dtype ", dtype_of<T>, show(c.size), " axis ", c.axis, " of ",
                               c.bound, ", ", show(of_x), ", ", show(of_index));
  Result<T> y(elements(c.size));
  gather(c, x, index, y.data(), Ok());
  CHECK(y.intact());
  for (i64 i = 0; i < y.size(); ++i)
    CHECK_EQ(+y[i], +x[moved(c.size, source, c.axis, i, index[i])]);
}

// In the order of the index: the sums round alike, with any number of threads.
template <class T>
void check_scatter(const Case& c, const Order& of_x, const Order& of_index, const Order& of_y,
                   Random& random) {
  const Shape target = resized(c.size, c.axis, c.bound);
  const Operand<T> x(c.size, of_x, [&] { return static_cast<T>(any<T>(random) / T(7)); });
  const Operand<i64> index(c.size, of_index, [&] { return random.below(c.bound); });
  Operand<T> y(target, of_y, [&] { return any<T>(random); });
  Operand<T> expected = y;
  for (i64 i = 0; i < elements(c.size); ++i)
    add(expected[moved(c.size, target, c.axis, i, index[i])], x[i]);
  check::context = check::text("dtype ", dtype_of<T>, show(c.size), " axis ", c.axis, " of ",
                               c.bound, ", ", show(of_x), ", ", show(of_index), " to ", show(of_y));
  scatter_add(c, x, index, y, Ok());
  CHECK(y.store == expected.store);
}

Order rows(size_t rank) {
  Order order{{}, std::vector<Way>(rank, Way::kForwards)};
  for (size_t d = rank; d-- > 0;) order.axes.push_back(d);
  return order;
}

}  // namespace

TEST(gathers_along_every_axis) {
  for_dtypes([](auto zero, int dtype) {
    using T = decltype(zero);
    Random random(2);
    for (const Shape& size : {Shape{1},
                              {50},
                              {9, 7},
                              {3, 4, 5},
                              {2, 3, 4, 5},
                              {2, 0, 3},
                              {0},
                              {2, 2, 1, 2, 2, 1, 2, 3}})
      for (size_t axis = 0; axis < size.size(); ++axis)
        for (i64 bound : {1, 6})
          for (Lay lay_x : kLays)
            for (Lay lay_index : kLays) {
              const Shape source = resized(size, axis, bound);
              const Operand<T> x(source, lay_x, [&] { return any<T>(random); });
              const Operand<i64> index(size, lay_index, [&] { return random.below(bound); });
              Result<T> y(elements(size));
              check::context = check::text("dtype ", dtype, show(size), " axis ", axis, " of ",
                                           bound, ", ", name(lay_x), ", ", name(lay_index));
              th_gather(dtype, static_cast<int32_t>(size.size()), layout(size, x, index).data(),
                        static_cast<int32_t>(axis), bound, x.data(), index.data(), y.data(), Ok());
              CHECK(y.intact());
              for (i64 i = 0; i < y.size(); ++i)
                CHECK_EQ(+y[i], +x[moved(size, source, axis, i, index[i])]);
            }
  });
}

TEST(scatters_along_every_axis) {
  auto scatter = [](auto zero) {
    using T = decltype(zero);
    Random random(3);
    for (const Shape& size : {Shape{1}, {50}, {9, 7}, {3, 4, 5}, {2, 3, 4, 5}, {2, 0, 3}, {0}})
      for (size_t axis = 0; axis < size.size(); ++axis)
        for (i64 bound : {1, 6})
          for (Lay lay_x : kLays)
            for (Lay lay_y : {Lay::kContiguous, Lay::kTransposed, Lay::kSliced, Lay::kFlipped}) {
              const Shape target = resized(size, axis, bound);
              const Operand<T> x(size, lay_x,
                                 [&] { return static_cast<T>(any<T>(random) / T(7)); });
              const Operand<i64> index(size, lay_y, [&] { return random.below(bound); });
              Operand<T> y(target, lay_y, [&] { return any<T>(random); });
              Operand<T> expected = y;
              // In the order of the index: the sums round alike.
              for (i64 i = 0; i < elements(size); ++i)
                add(expected[moved(size, target, axis, i, index[i])], x[i]);
              check::context = check::text("dtype ", dtype_of<T>, show(size), " axis ", axis,
                                           " of ", bound, ", ", name(lay_x), " to ", name(lay_y));
              th_scatter_add(dtype_of<T>, static_cast<int32_t>(size.size()),
                             layout(size, x, index, y).data(), static_cast<int32_t>(axis), bound,
                             x.data(), index.data(), y.store.data() + y.start, Ok());
              CHECK(y.store == expected.store);
            }
  };
  scatter(float());
  scatter(double());
  scatter(int32_t());
  scatter(int64_t());
  scatter(uint8_t());
}

TEST(sums_of_integers_wrap_around) {
  auto wraps = [](auto most, auto least) {
    using T = decltype(most);
    const T x[] = {most, 1, 1};
    const i64 index[] = {0, 0, 0}, l[] = {3, 1, 1, 1};
    T y[] = {0};
    th_scatter_add(dtype_of<T>, 1, l, 0, 1, x, index, y, Ok());
    CHECK_EQ(+y[0], +static_cast<T>(least + 1));
  };
  wraps(std::numeric_limits<int32_t>::max(), std::numeric_limits<int32_t>::min());
  wraps(std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min());
  wraps(std::numeric_limits<uint8_t>::max(), uint8_t{0});
}

TEST(an_index_out_of_bounds) {
  const i64 n = 40, bound = 8;
  const std::vector<float> x(static_cast<size_t>(n), 1.0f);
  for (i64 bad : {bound, i64{-1}, bound + 100, std::numeric_limits<i64>::min(),
                  std::numeric_limits<i64>::max()})
    for (i64 where : {i64{0}, n / 2, n - 1}) {
      std::vector<i64> index(static_cast<size_t>(n), 3);
      index[static_cast<size_t>(where)] = bad;
      check::context = check::text(bad, " at ", where);
      Result<float> y(n);
      th_error error{};
      const i64 gather[] = {n, 1, 1}, scatter[] = {n, 1, 1, 1};
      th_gather(TH_FLOAT32, 1, gather, 0, bound, x.data(), index.data(), y.data(), &error);
      CHECK_EQ(error.code, TH_BAD_INDEX);
      CHECK_EQ(error.value, bad);
      CHECK(std::strstr(error.text, std::to_string(bad).c_str()) != nullptr);
      CHECK(y.intact());
      error = {};
      Result<float> sums(bound);
      th_scatter_add(TH_FLOAT32, 1, scatter, 0, bound, x.data(), index.data(), sums.data(), &error);
      CHECK_EQ(error.code, TH_BAD_INDEX);
      CHECK_EQ(error.value, bad);
      CHECK(sums.intact());
      // The largest index that is allowed is.
      index[static_cast<size_t>(where)] = bound - 1;
      th_gather(TH_FLOAT32, 1, gather, 0, bound, x.data(), index.data(), y.data(), Ok());
    }
}

TEST(random_layouts) {
  Random random(6);
  for (int i = 0; i < 1500; ++i) {
    const Case c = any_case(random);
    const size_t rank = c.size.size();
    threads(1 + i % 3);
    const Order index = index_order(c, random);
    check_gather<uint8_t>(c, any_order(rank, true, random), index, random);
    check_gather<float>(c, any_order(rank, true, random), index, random);
    check_gather<int64_t>(c, any_order(rank, true, random), index, random);
    const Order x = any_order(rank, true, random), y = any_order(rank, false, random);
    check_scatter<float>(c, x, index, y, random);
    check_scatter<double>(c, x, index, y, random);
    check_scatter<int32_t>(c, x, index, y, random);
  }
}

// Enough for many chunks: many short rows, few long ones, rows of columns, no rows at all.
TEST(large_ones_on_any_number_of_threads) {
  Random random(7);
  for (const Case& c : {Case{{5000, 33}, 0, 700},
                        {{3, 70'001}, 0, 4},
                        {{2, 3, 40'000}, 1, 5},
                        {{100, 1, 700}, 0, 9},
                        {{150'000}, 0, 50},
                        {{64, 64, 40}, 2, 30}})
    for (bool whole_rows : {true, false})
      for (int count : {1, 2, 5}) {
        threads(count);
        Order index = rows(c.size.size());
        if (whole_rows)
          for (size_t d = c.axis + 1; d < c.size.size(); ++d) index.ways[d] = Way::kStill;
        Order columns = rows(c.size.size());
        std::reverse(columns.axes.begin(), columns.axes.end());
        check_gather<float>(c, rows(c.size.size()), index, random);
        check_gather<float>(c, columns, index, random);
        check_scatter<float>(c, rows(c.size.size()), index, rows(c.size.size()), random);
        check_scatter<float>(c, columns, index, columns, random);
      }
}

TEST(the_first_of_several_bad_indices) {
  Random random(8);
  const auto nothing = [] { return 1.0f; };
  for (const Case& c : {Case{{200'000}, 0, 10}, {{3000, 70}, 0, 10}, {{40, 500, 10}, 1, 10}})
    for (bool whole_rows : {true, false}) {
      const size_t rank = c.size.size();
      Order order = rows(rank);
      if (whole_rows)
        for (size_t d = c.axis + 1; d < rank; ++d) order.ways[d] = Way::kStill;
      Operand<i64> index(c.size, order, [&] { return random.below(c.bound); });
      const Operand<float> x(resized(c.size, c.axis, c.bound), rows(rank), nothing);
      const Operand<float> added(c.size, rows(rank), nothing);
      const i64 count = elements(c.size);
      // Later ones are other numbers.
      for (i64 i = 9; i > 0; --i) index[count / 10 * i + 5] = -i;
      threads(4);
      for (int run = 0; run < 20; ++run) {
        check::context = check::text(show(c.size), " ", whole_rows, " run ", run);
        Result<float> y(count);
        th_error error{};
        gather(c, x, index, y.data(), &error);
        CHECK_EQ(error.code, TH_BAD_INDEX);
        CHECK_EQ(error.value, -1);
        // Nothing is added where an index is bad.
        Operand<float> sums = x;
        error = {};
        scatter_add(c, added, index, sums, &error);
        CHECK_EQ(error.code, TH_BAD_INDEX);
        CHECK_EQ(error.value, -1);
        CHECK(sums.store == x.store);
      }
    }
}
