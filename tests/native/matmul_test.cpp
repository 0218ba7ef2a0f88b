// Matrix products against sums in long double: shapes around the tiles and slabs, every way the
// operands may lie, and the same bits with any number of threads. On each instruction set.
#include <thread>

#include "operand.h"

namespace {

using Long = long double;

void open_blas() {
  static const bool once = [] {
    th_blas_open(TH_TEST_BLAS, Ok());
    return true;
  }();
  CHECK(once);
}

template <class Body>
void for_floats(Body body) {
  open_blas();
  body(float());
  body(double());
}

template <class T>
constexpr Long unit = std::numeric_limits<T>::epsilon() / 2;

// A and B over the batch axes, as operands of the same layout form: sizes batch + (rows, columns).
template <class T>
void multiply(const Shape& batch, i64 m, i64 n, i64 k, const Operand<T>& a, const Operand<T>& b,
              Result<T>& c) {
  for (i64 i = 0; i < c.size(); ++i) c.data()[i] = std::numeric_limits<T>::quiet_NaN();
  th_matmul(dtype_of<T>, static_cast<int32_t>(batch.size()), layout(batch, a, b).data(), m, n, k,
            a.data(), b.data(), c.data(), Ok());
}

// The elements of C that are looked at: all of a small product, otherwise the last row and column
// and some 3,000 others; those that were never written are seen in any case.
template <class T>
void check_product(const Shape& batch, i64 m, i64 n, i64 k, const Operand<T>& a,
                   const Operand<T>& b) {
  const i64 batches = elements(batch);
  Result<T> c(batches * m * n);
  multiply(batch, m, n, k, a, b, c);
  CHECK(c.intact());
  for (i64 i = 0; i < c.size(); ++i)
    if (c[i] != c[i]) {
      check::fail(__FILE__, __LINE__, check::text("C[", i, "] is NaN"));
      return;
    }
  // Where all terms of a sum are alike, so are the errors, and add up.
  const bool alike = a.stride[batch.size() + 1] == 0 && b.stride[batch.size()] == 0;
  const Long factor =
      ((alike ? static_cast<Long>(k) : 2 * std::sqrt(static_cast<Long>(k))) + 8) * unit<T>;
  auto check_element = [&](i64 at, i64 row, i64 column) {
    // Where the row and the column begin, and how they go on.
    const i64 ra = a.offset((at * m + row) * k), cb = b.offset(at * k * n + column);
    const i64 sa = a.stride[batch.size() + 1], sb = b.stride[batch.size()];
    Long sum = 0, magnitude = 0;
    for (i64 i = 0; i < k; ++i) {
      const Long product = static_cast<Long>(a.data()[ra + i * sa]) * b.data()[cb + i * sb];
      sum += product;
      magnitude += std::abs(product);
    }
    const Long got = c[(at * m + row) * n + column];
    if (!(std::abs(got - sum) <= factor * magnitude))
      check::fail(__FILE__, __LINE__,
                  check::text("C[", at, ",", row, ",", column, "] is ", got, ", expected ", sum));
  };
  for (i64 at = 0; at < batches; ++at) {
    const bool all = m * n * k <= 200'000;
    if (all) {
      for (i64 i = 0; i < m * n; ++i) check_element(at, i / n, i % n);
      continue;
    }
    Random random(static_cast<uint64_t>(m + n + k));
    const i64 some = std::min<i64>(3000, 6'000'000 / k + 1);
    for (i64 i = 0; i < some; ++i) check_element(at, random.below(m), random.below(n));
    for (i64 i = 0; i < some / 8; ++i) {
      check_element(at, m - 1, random.below(n));
      check_element(at, random.below(m), n - 1);
    }
    check_element(at, m - 1, n - 1);
  }
}

template <class T>
Operand<T> matrix(const Shape& batch, i64 rows, i64 columns, Lay lay, Random& random) {
  Shape size = batch;
  size.push_back(rows);
  size.push_back(columns);
  return Operand<T>(size, lay, [&] { return static_cast<T>(random.between(-1, 2)); });
}

// The same matrix all along a batch axis.
template <class T>
void hold(Operand<T>& x, int axis) {
  const size_t d = static_cast<size_t>(axis);
  if (x.stride[d] < 0) x.start += x.stride[d] * (x.size[d] - 1);
  x.stride[d] = 0;
}

struct Size {
  i64 m, n, k;
};

// With a plain stand-in for BLAS under a sanitizer, large products would take minutes.
bool too_large(const Size& s) {
#if defined(TH_TEST_SLOW_BLAS)
  return s.m * s.n * s.k > 3'000'000;
#else
  return s.m * s.n * s.k <= 0;
#endif
}

std::string show(const Size& s) { return check::text(s.m, "x", s.k, " times ", s.k, "x", s.n); }

constexpr Lay kPlain[] = {Lay::kContiguous, Lay::kTransposed, Lay::kPadded};

}  // namespace

// Has to come first.
TEST(without_a_blas_a_product_is_an_error) {
  const std::vector<float> a(300 * 300, 1.0f);
  std::vector<float> c(300 * 300);
  for (i64 n : {2, 300}) {  // on the caller's thread, and on the pool's too
    const i64 strides[] = {n, 1, n, 1};
    th_error error{};
    th_matmul(TH_FLOAT32, 0, strides, n, n, n, a.data(), a.data(), c.data(), &error);
    CHECK_EQ(error.code, TH_NO_BLAS);
    CHECK(std::strstr(error.text, "no BLAS") != nullptr);
  }
}

TEST(sides_that_blas_cannot_count) {
  open_blas();
  const i64 long_side = i64{1} << 31, steps[] = {1, 1, 1, 1};
  float x = 0;
  for (int side = 0; side < 3; ++side) {
    const i64 size[] = {side == 0 ? long_side : 1, side == 1 ? long_side : 1,
                        side == 2 ? long_side : 1};
    th_error error{};
    th_matmul(TH_FLOAT32, 0, steps, size[0], size[1], size[2], &x, &x, &x, &error);
    CHECK_EQ(error.code, TH_INTERNAL);
    CHECK(std::strstr(error.text, "longer than BLAS can count") != nullptr);
  }
}

TEST(small_shapes_in_every_pair_of_layouts) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(1);
    for (i64 m : {1, 2, 3, 17})
      for (i64 n : {1, 2, 5, 16})
        for (i64 k : {1, 2, 7, 33})
          for (Lay lay_a : kLays)
            for (Lay lay_b : kLays) {
              check::context = check::text("f", 8 * sizeof(T), " ", show(Size{m, n, k}), ", ",
                                           name(lay_a), ", ", name(lay_b));
              check_product({}, m, n, k, matrix<T>({}, m, k, lay_a, random),
                            matrix<T>({}, k, n, lay_b, random));
            }
  });
}

TEST(nothing_to_multiply) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(2);
    for (const Shape& batch : {Shape{}, {3}, {0}, {2, 0}})
      for (const Size& s :
           {Size{0, 3, 4}, {3, 0, 4}, {3, 4, 0}, {0, 0, 0}, {1, 1, 0}, {70, 500, 0}})
        for (Lay lay : kLays) {
          check::context = check::text(show(s), " batch ", ::show(batch), name(lay));
          const auto a = matrix<T>(batch, s.m, s.k, lay, random);
          const auto b = matrix<T>(batch, s.k, s.n, lay, random);
          Result<T> c(elements(batch) * s.m * s.n);
          multiply(batch, s.m, s.n, s.k, a, b, c);
          CHECK(c.intact());
          for (i64 i = 0; i < c.size(); ++i) CHECK_EQ(c[i], T(0));
        }
  });
}

TEST(shapes_around_the_tiles) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(3);
    for (const Size& s :
         {Size{100, 100, 100}, {101, 100, 100},   {100, 101, 100},   {128, 128, 128},
          {129, 127, 131},     {17, 61, 1000},    {1000, 17, 61},    {49, 48, 500},
          {47, 46, 480},       {97, 193, 2000},   {1, 5000, 300},    {5000, 1, 300},
          {3, 2, 200'000},     {2, 100'003, 7},   {100'003, 2, 7},   {100, 100, 784},
          {784, 100, 100},     {100, 10, 10'000}, {342, 342, 342},   {343, 343, 343},
          {800, 800, 70},      {1001, 1103, 40},  {16, 16, 170'000}, {520, 530, 540},
          {15, 700, 900},      {16, 700, 900},    {4200, 33, 40},    {33, 4200, 40},
          {2100, 2090, 9}})
      for (Lay lay_a : kPlain)
        for (Lay lay_b : kPlain) {
          if (too_large(s)) continue;
          const double work = static_cast<double>(s.m * s.n) * static_cast<double>(s.k);
          if (work > 3e7 && lay_a == Lay::kPadded) continue;
          check::context =
              check::text("f", 8 * sizeof(T), " ", show(s), ", ", name(lay_a), ", ", name(lay_b));
          check_product({}, s.m, s.n, s.k, matrix<T>({}, s.m, s.k, lay_a, random),
                        matrix<T>({}, s.k, s.n, lay_b, random));
        }
  });
}

// Deep products of few elements, which cannot be cut as large ones are.
TEST(small_results_of_long_sums) {
  open_blas();
  Random random(9);
  for (const Size& s : {Size{16, 16, 1'000'000}, {1, 1, 1'000'003}, {40, 2, 400'000}}) {
    if (too_large(s)) continue;
    check::context = show(s);
    check_product({}, s.m, s.n, s.k, matrix<float>({}, s.m, s.k, Lay::kContiguous, random),
                  matrix<float>({}, s.k, s.n, Lay::kContiguous, random));
  }
}

// Strides that no BLAS reads, of matrices that are cut into tiles.
TEST(large_operands_that_are_copied_first) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(4);
    for (const Size& s : {Size{130, 120, 110}, {300, 70, 200}})
      for (Lay lay_a : kLays)
        for (Lay lay_b : {Lay::kContiguous, Lay::kSliced, Lay::kFlipped, Lay::kScalar}) {
          check::context = check::text(show(s), ", ", name(lay_a), ", ", name(lay_b));
          check_product({}, s.m, s.n, s.k, matrix<T>({}, s.m, s.k, lay_a, random),
                        matrix<T>({}, s.k, s.n, lay_b, random));
        }
  });
}

TEST(batches) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(5);
    for (const Shape& batch : {Shape{1}, {5}, {2, 3}, {3, 1, 2}, {2, 1, 2, 1, 2, 2}})
      for (const Size& s : {Size{3, 4, 5}, {1, 1, 6}, {30, 1, 20}})
        for (Lay lay_a : kLays)
          for (Lay lay_b : kLays) {
            check::context = check::text("f", 8 * sizeof(T), " ", show(s), " batch ", ::show(batch),
                                         name(lay_a), ", ", name(lay_b));
            check_product(batch, s.m, s.n, s.k, matrix<T>(batch, s.m, s.k, lay_a, random),
                          matrix<T>(batch, s.k, s.n, lay_b, random));
          }
    // More products than a thread takes at a time, and tiled ones.
    for (const Shape& batch : {Shape{1000}, {7, 150}})
      check_product(batch, 6, 5, 4, matrix<T>(batch, 6, 4, Lay::kContiguous, random),
                    matrix<T>(batch, 4, 5, Lay::kTransposed, random));
    for (int count : {2, 10})  // of 75 each is packed by one thread, or by all: not all at once
      for (i64 n : {3, 75}) {
        threads(count);
        check_product({n}, 120, 130, 110, matrix<T>({n}, 120, 110, Lay::kContiguous, random),
                      matrix<T>({n}, 110, 130, Lay::kPadded, random));
      }
    threads(2);
  });
}

// One operand the same for a whole batch axis, or for all of them, in a matrix of any layout.
TEST(batches_that_repeat_an_operand) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(6);
    const Shape batch = {3, 4};
    for (Lay lay_a : kLays)
      for (Lay lay_b : kLays)
        for (int repeat = 1; repeat < 16; ++repeat) {  // a bit for each batch axis of A, then of B
          auto a = matrix<T>(batch, 5, 6, lay_a, random), b = matrix<T>(batch, 6, 7, lay_b, random);
          for (int axis = 0; axis < 2; ++axis) {
            if ((repeat >> axis) & 1) hold(a, axis);
            if ((repeat >> (2 + axis)) & 1) hold(b, axis);
          }
          check::context = check::text("repeat ", repeat, ", ", name(lay_a), ", ", name(lay_b));
          check_product(batch, 5, 7, 6, a, b);
        }
  });
}

TEST(infinities_and_nans_stay_where_they_belong) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(7);
    auto a = matrix<T>({}, 120, 110, Lay::kContiguous, random);
    const auto b = matrix<T>({}, 110, 130, Lay::kContiguous, random);
    a[50 * 110 + 3] = std::numeric_limits<T>::quiet_NaN();
    a[119 * 110 + 109] = std::numeric_limits<T>::infinity();
    Result<T> c(120 * 130);
    multiply({}, 120, 130, 110, a, b, c);
    for (i64 i = 0; i < c.size(); ++i) {
      const i64 row = i / 130;
      check::context = check::text("row ", row);
      if (row == 50) {
        CHECK(std::isnan(c[i]));
      } else if (row == 119) {
        CHECK(std::isinf(c[i]));
      } else {
        CHECK(std::isfinite(c[i]));
      }
    }
  });
}

TEST(the_same_bits_with_any_number_of_threads) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(8);
    for (const Size& s : {Size{100, 100, 784},
                          {784, 100, 100},
                          {20, 30, 2000},
                          {150, 150, 8000},
                          {3, 2, 200'000},
                          {400, 410, 420},
                          {97, 193, 2000},
                          {20, 30, 40}})
      for (const Shape& batch : {Shape{}, {5}})
        for (Lay lay : {Lay::kContiguous, Lay::kTransposed, Lay::kSliced}) {
          if (too_large(s)) continue;
          check::context = check::text(show(s), " batch ", ::show(batch), name(lay));
          const auto a = matrix<T>(batch, s.m, s.k, lay, random);
          const auto b = matrix<T>(batch, s.k, s.n, Lay::kContiguous, random);
          const i64 n = elements(batch) * s.m * s.n;
          Result<T> alone(n);
          threads(1);
          multiply(batch, s.m, s.n, s.k, a, b, alone);
          for (int count : {2, 3, 8}) {
            threads(count);
            Result<T> c(n);
            multiply(batch, s.m, s.n, s.k, a, b, c);
            if (!c.same_bits(alone))
              check::fail(__FILE__, __LINE__, check::text("other bits with ", count, " threads"));
          }
        }
    threads(2);
  });
}

TEST(two_hundred_threads_at_once) {
  open_blas();
  threads(4);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 200; ++caller)
    callers.emplace_back([caller] {
      check::context = check::text("caller ", caller);
      // Small integers: every order of the sums gives the same.
      const i64 n = 60 + caller % 70;
      i64 i = 0;
      const Operand<float> a({n, n}, caller % 3 == 0 ? Lay::kSliced : Lay::kContiguous,
                             [&] { return static_cast<float>((i += 7) % 5 + caller % 3); });
      const Operand<float> b({n, n}, Lay::kTransposed,
                             [&] { return static_cast<float>((i += 3) % 4 - 1); });
      for (int round = 0; round < 3; ++round) {
        Result<float> c(n * n);
        multiply({}, n, n, n, a, b, c);
        CHECK(c.intact());
        for (i64 at = 0; at < n * n; at += 61) {
          double sum = 0;
          for (i64 j = 0; j < n; ++j)
            sum += static_cast<double>(a[at / n * n + j]) * static_cast<double>(b[j * n + at % n]);
          CHECK_EQ(static_cast<double>(c[at]), sum);
        }
      }
    });
  for (std::thread& caller : callers) caller.join();
  threads(2);
}
