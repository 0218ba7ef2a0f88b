// Copy, fill, gather and scatter_add against loops over row-major indices.
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
