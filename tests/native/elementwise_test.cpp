// The rows of ops.def, select and cast against functions of the standard library. A new row needs
// an oracle in kUnary, kBinary or compare(); without one a test fails.
#include <cfloat>
#include <functional>

#include "operand.h"

namespace {

using Long = long double;

// What a row should give: exactly, or within some units in the last place.
struct UnaryOracle {
  const char* name;
  Long (*value)(Long);
  int ulps;  // 0: exact in double and rounded once
  double low, high;
};
struct BinaryOracle {
  const char* name;
  Long (*value)(Long, Long);
  double (*exact)(double, double);  // null where value and ulps count
  int ulps;
};

const UnaryOracle kUnary[] = {
    {"NEG", [](Long x) { return -x; }, 0, -100, 100},
    {"EXP", [](Long x) { return std::exp(x); }, 2, -80, 80},
    {"LOG", [](Long x) { return std::log(x); }, 2, 1e-6, 1e6},
    {"RELU", [](Long x) { return x <= 0 ? 0 : x; }, 0, -3, 3},
    {"ABS", [](Long x) { return std::fabs(x); }, 0, -100, 100},
    {"SIGN", [](Long x) { return x > 0   ? 1
                                 : x < 0 ? -1
                                         : x; }, 0, -3, 3},
    {"FLOOR", [](Long x) { return std::floor(x); }, 0, -100, 100},
    {"CEIL", [](Long x) { return std::ceil(x); }, 0, -100, 100},
    {"ROUND", [](Long x) { return std::rint(x); }, 0, -100, 100},
    {"SQRT", [](Long x) { return std::sqrt(x); }, 1, 0, 1e6},
    {"RSQRT", [](Long x) { return 1 / std::sqrt(x); }, 2, 1e-6, 1e6},
    {"RECIPROCAL", [](Long x) { return 1 / x; }, 1, -100, 100},
    {"EXPM1", [](Long x) { return std::expm1(x); }, 2, -5, 5},
    {"LOG1P", [](Long x) { return std::log1p(x); }, 2, -0.9, 1e6},
    {"SIN", [](Long x) { return std::sin(x); }, 2, -100, 100},
    {"COS", [](Long x) { return std::cos(x); }, 2, -100, 100},
    {"TAN", [](Long x) { return std::tan(x); }, 2, -100, 100},
    {"ASIN", [](Long x) { return std::asin(x); }, 2, -1, 1},
    {"ACOS", [](Long x) { return std::acos(x); }, 2, -1, 1},
    {"ATAN", [](Long x) { return std::atan(x); }, 2, -100, 100},
    {"SINH", [](Long x) { return std::sinh(x); }, 2, -20, 20},
    {"COSH", [](Long x) { return std::cosh(x); }, 2, -20, 20},
    {"TANH", [](Long x) { return std::tanh(x); }, 2, -10, 10},
    {"SIGMOID", [](Long x) { return 1 / (1 + std::exp(-x)); }, 2, -80, 20},
    {"SOFTPLUS", [](Long x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }, 4,
     -80, 20},
    {"ERF", [](Long x) { return std::erf(x); }, 2, -5, 5},
    {"GELU", [](Long x) { return x < -1000 ? -0.0L : x * std::erfc(-x * std::sqrt(0.5L)) / 2; }, 4,
     -8, 8},
};
const BinaryOracle kBinary[] = {
    {"ADD", nullptr, [](double a, double b) { return a + b; }, 0},
    {"SUB", nullptr, [](double a, double b) { return a - b; }, 0},
    {"MUL", nullptr, [](double a, double b) { return a * b; }, 0},
    {"DIV", nullptr, [](double a, double b) { return a / b; }, 0},
    {"POW", [](Long a, Long b) { return std::pow(a, b); }, nullptr, 4},
    {"MAXIMUM", nullptr,
     [](double a, double b) {
       return a != a || b != b ? NAN : a == b ? (std::signbit(a) ? b : a) : std::fmax(a, b);
     },
     0},
    {"MINIMUM", nullptr,
     [](double a, double b) {
       return a != a || b != b ? NAN : a == b ? (std::signbit(a) ? a : b) : std::fmin(a, b);
     },
     0},
    // By the definition of Python: what fmod leaves, moved to the side of b.
    {"REMAINDER", nullptr,
     [](double a, double b) {
       const double r = std::fmod(a, b);
       if (r == 0) return std::copysign(r, b);
       return std::signbit(r) == std::signbit(b) ? r : r + b;
     },
     0},
    {"ATAN2", [](Long a, Long b) { return std::atan2(a, b); }, nullptr, 2},
};

template <class Row, size_t N>
const Row* find(const Row (&rows)[N], const char* name) {
  for (const Row& row : rows)
    if (std::strcmp(row.name, name) == 0) return &row;
  check::fail(__FILE__, __LINE__, check::text("row ", name, " has no oracle"));
  return nullptr;
}

// NaN for NaN, infinities and zeros with their sign, and otherwise within `ulps` of T.
template <class T>
bool close(T got, Long expected, int ulps) {
  const T rounded = static_cast<T>(expected);
  if (expected != expected) return got != got;
  if (ulps == 0 || expected == 0 || std::isinf(expected))
    return got == rounded && std::signbit(got) == std::signbit(rounded);
  if (rounded == 0)  // half of the smallest number is as near to it as to 0
    return std::abs(static_cast<Long>(got) - expected) <= std::numeric_limits<T>::denorm_min();
  if (std::isinf(rounded)) return got == rounded;
  if (std::isinf(got)) return std::abs(rounded) == std::numeric_limits<T>::max();
  const T size = std::abs(rounded);
  const Long ulp = static_cast<Long>(size) - std::nextafter(size, T(0));
  return std::abs(static_cast<Long>(got) - expected) <= ulps * std::max<Long>(ulp, 0);
}

template <class T>
T expected_binary(const BinaryOracle& row, T a, T b) {
  return static_cast<T>(row.exact(static_cast<double>(a), static_cast<double>(b)));
}

template <class T>
bool right(const BinaryOracle& row, T a, T b, T got) {
  if (row.exact != nullptr) {
    const T expected = expected_binary(row, a, b);
    return expected != expected ? got != got
                                : got == expected && std::signbit(got) == std::signbit(expected);
  }
  return close(got, row.value(a, b), row.ulps);
}

// Ranks 0 to 8 with axes of size 1 among them, and runs of one axis around the widths of vectors
// and the edges of chunks.
std::vector<Shape> shapes() {
  std::vector<Shape> all = {{},
                            {1},
                            {7, 5},
                            {3, 1, 4},
                            {2, 3, 4, 5},
                            {2, 1, 3, 2, 2},
                            {1, 2, 3, 1, 2, 3},
                            {2, 2, 1, 2, 3, 2, 2},
                            {2, 1, 3, 2, 1, 2, 2, 3},
                            {61, 67},
                            {5, 7, 11, 13}};
  for (i64 n = 1; n <= 70; ++n) all.push_back({n});
  for (i64 n : {32767, 32768, 32769, 100001}) all.push_back({n});
  all.push_back({3, 32769});
  all.push_back({331, 199});
  return all;
}

template <class T, class Visit>
void special_values(Visit visit) {
  using L = std::numeric_limits<T>;
  const T positive[] = {0,
                        L::denorm_min(),
                        L::min() / 2,
                        L::min(),
                        L::epsilon(),
                        T(0.1),
                        T(0.5),
                        T(1) - L::epsilon() / 2,
                        1,
                        T(1) + L::epsilon(),
                        T(1.5),
                        2,
                        3,
                        T(88.5),
                        T(104),
                        T(709.5),
                        T(1e10),
                        T(16777217),
                        L::max() / 2,
                        L::max(),
                        L::infinity()};
  for (T x : positive) {
    visit(x);
    visit(-x);
  }
  visit(L::quiet_NaN());
}

template <class T>
std::vector<T> specials() {
  std::vector<T> all;
  special_values<T>([&](T x) { all.push_back(x); });
  return all;
}

template <class Body>
void for_floats(Body body) {
  body(float());
  body(double());
}

template <class Body>
void for_dtypes(Body body) {
  body(float(), TH_FLOAT32);
  body(double(), TH_FLOAT64);
  body(int32_t(), TH_INT32);
  body(int64_t(), TH_INT64);
  body(uint8_t(), TH_UINT8);
  body(uint8_t(), TH_BOOL);
}

// Values that show a wrong element: of every magnitude that compares and copies may confuse.
template <class T>
T any(Random& random, int dtype) {
  if (dtype == TH_BOOL) return static_cast<T>(random.below(2));
  if constexpr (std::is_floating_point_v<T>) return static_cast<T>(random.below(7) - 3);
  return static_cast<T>(random.below(2) == 0 ? random.bits() : random.bits() % 3);
}

// The pairs of layouts that large operands are tried in: one for each branch of the inner loop.
bool worth_it(Lay a, Lay b) {
  const bool plain_a = a == Lay::kContiguous, plain_b = b == Lay::kContiguous;
  return (plain_a && (plain_b || b == Lay::kScalar)) || (a == Lay::kScalar && plain_b) ||
         (a == Lay::kFlipped && b == Lay::kSliced);
}

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

}  // namespace

TEST(every_unary_row_in_every_layout) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(1);
    for (int code = 0; th_op_name(TH_UNARY, code) != nullptr; ++code) {
      const UnaryOracle* row = find(kUnary, th_op_name(TH_UNARY, code));
      if (row == nullptr) continue;
      for (const Shape& size : shapes()) {
        for (Lay lay : lays(size)) {
          // The large ones for the edges of chunks, in the two ways that a loop steps.
          if (elements(size) > 4000 && lay != Lay::kContiguous && lay != Lay::kFlipped) continue;
          const Operand<T> x(size, lay,
                             [&] { return static_cast<T>(random.between(row->low, row->high)); });
          const i64 n = elements(size);
          Result<T> y(n);
          check::context = check::text(row->name, " f", 8 * sizeof(T), show(size), name(lay));
          th_unary(code, dtype_of<T>, static_cast<int32_t>(size.size()), layout(size, x).data(),
                   x.data(), y.data(), Ok());
          CHECK(y.intact());
          for (i64 i = 0; i < n; ++i)
            if (const T v = x[i]; !close(y[i], row->value(v), row->ulps))
              check::fail(__FILE__, __LINE__, check::text("[", i, "] of ", v, " is ", y[i]));
        }
      }
    }
  });
}

TEST(every_binary_row_in_every_pair_of_layouts) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(2);
    for (int code = 0; th_op_name(TH_BINARY, code) != nullptr; ++code) {
      const BinaryOracle* row = find(kBinary, th_op_name(TH_BINARY, code));
      if (row == nullptr) continue;
      auto make = [&] { return static_cast<T>(random.between(0.25, 6)); };
      for (const Shape& size : shapes()) {
        for (Lay lay_a : lays(size)) {
          for (Lay lay_b : lays(size)) {
            const i64 n = elements(size);
            if (n > 4000 && !worth_it(lay_a, lay_b)) continue;
            const Operand<T> a(size, lay_a, make), b(size, lay_b, make);
            Result<T> y(n);
            check::context = check::text(row->name, " f", 8 * sizeof(T), show(size), name(lay_a),
                                         ", ", name(lay_b));
            th_binary(code, dtype_of<T>, static_cast<int32_t>(size.size()),
                      layout(size, a, b).data(), a.data(), b.data(), y.data(), Ok());
            CHECK(y.intact());
            for (i64 i = 0; i < n; ++i)
              if (const T p = a[i], q = b[i]; !right(*row, p, q, y[i]))
                check::fail(__FILE__, __LINE__,
                            check::text("[", i, "] of ", p, ", ", q, " is ", y[i]));
          }
        }
      }
    }
  });
}

namespace {

// What the rows that take every number give for integers, by way of 64 bits without a sign.
uint64_t magnitude(i64 v) { return v < 0 ? -static_cast<uint64_t>(v) : static_cast<uint64_t>(v); }

const struct {
  const char* name;
  uint64_t (*value)(i64);
} kIntegerUnary[] = {
    {"NEG", [](i64 x) { return ~static_cast<uint64_t>(x) + 1; }},
    {"ABS", [](i64 x) { return magnitude(x); }},
    {"SIGN", [](i64 x) { return x == 0  ? 0
                                : x < 0 ? ~uint64_t{0}
                                        : uint64_t{1}; }},
    {"RELU", [](i64 x) { return static_cast<uint64_t>(x < 0 ? 0 : x); }},
};

const struct {
  const char* name;
  uint64_t (*value)(i64, i64);
} kIntegerBinary[] = {
    {"ADD", [](i64 a, i64 b) { return static_cast<uint64_t>(a) + static_cast<uint64_t>(b); }},
    {"SUB", [](i64 a, i64 b) { return static_cast<uint64_t>(a) - static_cast<uint64_t>(b); }},
    {"MUL", [](i64 a, i64 b) { return static_cast<uint64_t>(a) * static_cast<uint64_t>(b); }},
    {"MAXIMUM", [](i64 a, i64 b) { return static_cast<uint64_t>(std::max(a, b)); }},
    {"MINIMUM", [](i64 a, i64 b) { return static_cast<uint64_t>(std::min(a, b)); }},
    {"REMAINDER",
     [](i64 a, i64 b) -> uint64_t {
       if (b == 0) return 0;
       const uint64_t rest = magnitude(a) % magnitude(b);
       const uint64_t size = rest == 0 || (a < 0) == (b < 0) ? rest : magnitude(b) - rest;
       return b < 0 ? ~size + 1 : size;
     }},
};

template <class Body>
void for_integers(Body body) {
  body(int32_t());
  body(int64_t());
  body(uint8_t());
}

// Small numbers, numbers of all bits, and the ends of the range.
template <class T>
T any_integer(Random& random) {
  using L = std::numeric_limits<T>;
  const T ends[] = {0, 1, static_cast<T>(-1), L::min(), L::max(), static_cast<T>(L::min() + 1)};
  switch (random.below(3)) {
    case 0:
      return ends[random.below(6)];
    case 1:
      return static_cast<T>(random.below(21) - 10);
    default:
      return static_cast<T>(random.bits());
  }
}

}  // namespace

TEST(integers_wrap_around) {
  for_integers([](auto zero) {
    using T = decltype(zero);
    Random random(7);
    auto make = [&] { return any_integer<T>(random); };
    for (const Shape& size : {Shape{}, {1}, {15}, {64}, {131}, {32769}, {9, 7}, {2, 3, 4, 5}}) {
      const auto rank = static_cast<int32_t>(size.size());
      const i64 n = elements(size);
      for (Lay lay_a : lays(size)) {
        const Operand<T> a(size, lay_a, make);
        for (const auto& row : kIntegerUnary) {
          Result<T> y(n);
          check::context = check::text(row.name, " dtype ", dtype_of<T>, show(size), name(lay_a));
          th_unary(op(TH_UNARY, row.name), dtype_of<T>, rank, layout(size, a).data(), a.data(),
                   y.data(), Ok());
          CHECK(y.intact());
          for (i64 i = 0; i < n; ++i)
            if (const T p = a[i]; y[i] != static_cast<T>(row.value(p)))
              check::fail(__FILE__, __LINE__, check::text("[", i, "] of ", +p, " is ", +y[i]));
        }
        for (Lay lay_b : lays(size)) {
          if (n > 4000 && !worth_it(lay_a, lay_b)) continue;
          const Operand<T> b(size, lay_b, make);
          for (const auto& row : kIntegerBinary) {
            Result<T> y(n);
            check::context = check::text(row.name, " dtype ", dtype_of<T>, show(size), name(lay_a),
                                         ", ", name(lay_b));
            th_binary(op(TH_BINARY, row.name), dtype_of<T>, rank, layout(size, a, b).data(),
                      a.data(), b.data(), y.data(), Ok());
            CHECK(y.intact());
            for (i64 i = 0; i < n; ++i)
              if (const T p = a[i], q = b[i]; y[i] != static_cast<T>(row.value(p, q)))
                check::fail(__FILE__, __LINE__,
                            check::text("[", i, "] of ", +p, ", ", +q, " is ", +y[i]));
          }
        }
      }
    }
  });
}

TEST(a_number_on_the_left_and_on_the_right) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(3);
    for (int code = 0; th_op_name(TH_BINARY, code) != nullptr; ++code) {
      const BinaryOracle* row = find(kBinary, th_op_name(TH_BINARY, code));
      if (row == nullptr) continue;
      for (const Shape& size : {Shape{}, {1}, {63}, {32769}, {9, 7}, {3, 4, 5}, {0}, {2, 0, 3}}) {
        for (Lay lay : lays(size)) {
          for (int left = 0; left < 2; ++left) {
            for (double s : {2.0, 0.1, -2.0, 0.0}) {
              const Operand<T> x(size, lay,
                                 [&] { return static_cast<T>(random.between(0.25, 6)); });
              const i64 n = elements(size);
              Result<T> y(n);
              check::context = check::text(row->name, " f", 8 * sizeof(T), show(size), name(lay),
                                           left ? " left " : " right ", s);
              th_scalar(code, dtype_of<T>, static_cast<int32_t>(size.size()),
                        layout(size, x).data(), x.data(), s, left, y.data(), Ok());
              CHECK(y.intact());
              const T number = static_cast<T>(s);
              for (i64 i = 0; i < n; ++i) {
                const T v = x[i];
                if (!(left ? right(*row, number, v, y[i]) : right(*row, v, number, y[i])))
                  check::fail(__FILE__, __LINE__, check::text("[", i, "] of ", v, " is ", y[i]));
              }
            }
          }
        }
      }
    }
  });
}

TEST(special_values_in_every_lane) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    constexpr i64 n = 67;
    for (int code = 0; th_op_name(TH_UNARY, code) != nullptr; ++code) {
      const UnaryOracle* row = find(kUnary, th_op_name(TH_UNARY, code));
      if (row == nullptr) continue;
      for (T special : specials<T>()) {
        for (i64 where : {i64{0}, n / 2, n - 1}) {
          Operand<T> x({n}, Lay::kContiguous, [] { return T(1.5); });
          x[where] = special;
          Result<T> y(n);
          check::context = check::text(row->name, " f", 8 * sizeof(T), " of ", special);
          th_unary(code, dtype_of<T>, 1, layout({n}, x).data(), x.data(), y.data(), Ok());
          for (i64 i = 0; i < n; ++i)
            if (!close(y[i], row->value(x[i]), row->ulps))
              check::fail(__FILE__, __LINE__, check::text("[", i, "] is ", y[i]));
        }
      }
    }
    const std::vector<T> all = specials<T>();
    const i64 side = static_cast<i64>(all.size());
    for (int code = 0; th_op_name(TH_BINARY, code) != nullptr; ++code) {
      const BinaryOracle* row = find(kBinary, th_op_name(TH_BINARY, code));
      if (row == nullptr) continue;
      // Shifted, so that each pair comes to lie in other lanes, and in the tail.
      for (i64 shift = 0; shift < 4; ++shift) {
        const i64 pairs = side * side;
        i64 i = 0;
        const Operand<T> a({pairs}, Lay::kContiguous, [&] {
          return all[static_cast<size_t>((i++ + shift * 397) % pairs / side)];
        });
        i = 0;
        const Operand<T> b({pairs}, Lay::kContiguous, [&] {
          return all[static_cast<size_t>((i++ + shift * 397) % pairs % side)];
        });
        Result<T> y(pairs);
        check::context = check::text(row->name, " f", 8 * sizeof(T), " of special values");
        th_binary(code, dtype_of<T>, 1, layout({pairs}, a, b).data(), a.data(), b.data(), y.data(),
                  Ok());
        for (i64 j = 0; j < pairs; ++j)
          if (!right(*row, a[j], b[j], y[j]))
            check::fail(__FILE__, __LINE__, check::text("of ", a[j], ", ", b[j], " is ", y[j]));
      }
    }
  });
}

TEST(powers_by_the_rules_of_ieee) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const struct {
      T a, b, power;
    } cases[] = {{nan, 0, 1},           {0, 0, 1},          {T(-0.0), 0, 1},
                 {inf, 0, 1},           {1, nan, 1},        {1, inf, 1},
                 {nan, 2, nan},         {2, nan, nan},      {0, -1, inf},
                 {T(-0.0), -1, -inf},   {T(-0.0), -2, inf}, {0, -inf, inf},
                 {-8, T(1) / 3, nan},   {-2, 3, -8},        {-2, 2, 4},
                 {-1, inf, 1},          {T(0.5), inf, 0},   {2, -inf, 0},
                 {-inf, 3, -inf},       {-inf, 2, inf},     {-inf, -3, T(-0.0)},
                 {T(-0.0), 3, T(-0.0)}, {T(-0.0), 2, 0},    {3, 2, 9}};
    const int pow = op(TH_BINARY, "POW");
    for (const auto& c : cases) {
      check::context = check::text("f", 8 * sizeof(T), " ", c.a, "^", c.b);
      const Operand<T> a({33}, Lay::kContiguous, [&] { return c.a; });
      const Operand<T> b({33}, Lay::kContiguous, [&] { return c.b; });
      Result<T> y(33), s(33), l(33);
      th_binary(pow, dtype_of<T>, 1, layout({33}, a, b).data(), a.data(), b.data(), y.data(), Ok());
      th_scalar(pow, dtype_of<T>, 1, layout({33}, a).data(), a.data(), c.b, 0, s.data(), Ok());
      th_scalar(pow, dtype_of<T>, 1, layout({33}, b).data(), b.data(), c.a, 1, l.data(), Ok());
      for (i64 i = 0; i < 33; ++i) {
        for (T got : {y[i], s[i], l[i]}) {
          const bool ok = c.power != c.power
                              ? got != got
                              : got == c.power && std::signbit(got) == std::signbit(c.power);
          if (!ok) check::fail(__FILE__, __LINE__, check::text("[", i, "] is ", got));
        }
      }
    }
  });
}

TEST(comparisons_of_every_dtype) {
  for_dtypes([](auto zero, int dtype) {
    using T = decltype(zero);
    Random random(4);
    auto expected = [](const std::string& row, T a, T b) {
      if (row == "EQ") return a == b;
      if (row == "NE") return !(a == b);
      if (row == "LT") return a < b;
      if (row == "LE") return a < b || a == b;
      if (row == "GT") return b < a;
      if (row == "GE") return b < a || a == b;
      const bool p = !(a == 0), q = !(b == 0);
      if (row == "AND") return p && q;
      if (row == "OR") return p || q;
      if (row == "XOR") return p ? !q : q;
      check::fail(__FILE__, __LINE__, "a comparison without an oracle: " + row);
      return false;
    };
    auto make = [&] {
      T value = any<T>(random, dtype);
      if constexpr (std::is_floating_point_v<T>) {
        const i64 kind = random.below(12);
        if (kind == 0) value = std::numeric_limits<T>::quiet_NaN();
        if (kind == 1) value = std::numeric_limits<T>::infinity();
        if (kind == 2) value = T(-0.0);
      }
      return value;
    };
    for (int code = 0; th_op_name(TH_COMPARE, code) != nullptr; ++code) {
      const std::string row = th_op_name(TH_COMPARE, code);
      for (const Shape& size : {Shape{},
                                {1},
                                {15},
                                {64},
                                {131},
                                {32769},
                                {9, 7},
                                {2, 3, 4, 5},
                                {2, 2, 1, 2, 2, 1, 2, 3}}) {
        for (Lay lay_a : lays(size)) {
          for (Lay lay_b : lays(size)) {
            const i64 n = elements(size);
            if (n > 4000 && !worth_it(lay_a, lay_b)) continue;
            const Operand<T> a(size, lay_a, make), b(size, lay_b, make);
            Result<uint8_t> y(n);
            check::context =
                check::text(row, " dtype ", dtype, show(size), name(lay_a), ", ", name(lay_b));
            th_compare(code, dtype, static_cast<int32_t>(size.size()), layout(size, a, b).data(),
                       a.data(), b.data(), y.data(), Ok());
            CHECK(y.intact());
            for (i64 i = 0; i < n; ++i)
              if (const T p = a[i], q = b[i]; y[i] != (expected(row, p, q) ? 1 : 0))
                check::fail(__FILE__, __LINE__,
                            check::text("[", i, "] of ", +p, ", ", +q, " is ", +y[i]));
          }
        }
      }
    }
  });
}

TEST(select_of_every_dtype) {
  for_dtypes([](auto zero, int dtype) {
    using T = decltype(zero);
    Random random(5);
    auto bit = [&] { return static_cast<uint8_t>(random.below(2)); };
    auto make = [&] {
      T value = any<T>(random, dtype);
      if constexpr (std::is_floating_point_v<T>) {
        if (random.below(5) == 0) value = std::numeric_limits<T>::quiet_NaN();
      }
      return value;
    };
    for (const Shape& size : {Shape{}, {1}, {67}, {32769}, {9, 7}, {3, 4, 5}}) {
      for (Lay lay_c : lays(size)) {
        for (Lay lay_a : lays(size)) {
          for (Lay lay_b : lays(size)) {
            const i64 n = elements(size);
            if (n > 4000 && !worth_it(lay_a, lay_b)) continue;
            const Operand<uint8_t> c(size, lay_c, bit);
            const Operand<T> a(size, lay_a, make), b(size, lay_b, make);
            Result<T> y(n);
            check::context = check::text("dtype ", dtype, show(size), name(lay_c), ", ",
                                         name(lay_a), ", ", name(lay_b));
            th_select(dtype, static_cast<int32_t>(size.size()), layout(size, c, a, b).data(),
                      c.data(), a.data(), b.data(), y.data(), Ok());
            CHECK(y.intact());
            for (i64 i = 0; i < n; ++i)
              if (!same_bits(y[i], c[i] != 0 ? a[i] : b[i]))
                check::fail(__FILE__, __LINE__, check::text("[", i, "] is ", +y[i]));
          }
        }
      }
    }
  });
}

namespace {

// Java's conversion, by way of exact arithmetic.
template <class To, class From>
To java(From x, int to) {
  if (to == TH_BOOL) return static_cast<To>(x == 0 ? 0 : 1);
  if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(x);
  } else if constexpr (std::is_floating_point_v<From>) {
    if (x != x) return 0;
    const Long v = std::trunc(static_cast<Long>(x));
    if (v <= static_cast<Long>(std::numeric_limits<To>::min()))
      return std::numeric_limits<To>::min();
    if (v >= static_cast<Long>(std::numeric_limits<To>::max()))
      return std::numeric_limits<To>::max();
    return static_cast<To>(v);
  } else {
    return static_cast<To>(static_cast<uint64_t>(x));  // the low bits
  }
}

template <class T>
std::vector<T> boundaries(int dtype) {
  using L = std::numeric_limits<T>;
  if (dtype == TH_BOOL) return {0, 1};
  std::vector<T> all;
  if constexpr (std::is_floating_point_v<T>) {
    all = specials<T>();
    for (double edge :
         {1.0,    127.0,   128.0,   129.0,  254.0,        255.0,        256.0,  257.0,
          511.0,  32768.0, 65536.0, 0x1p24, 0x1p31,       0x1p32,       0x1p33, 0x1p52,
          0x1p53, 0x1p62,  0x1p63,  0x1p64, 2147483647.0, 4294967295.0, 1e30}) {
      const T e = static_cast<T>(edge);
      for (T v : {e, e - T(0.5), e + T(0.5), e - 1, e + 1, std::nextafter(e, T(0)),
                  std::nextafter(e, L::infinity())}) {
        all.push_back(v);
        all.push_back(-v);
      }
    }
    if constexpr (sizeof(T) == 8) {  // where rounding to float decides
      for (double v : {static_cast<double>(FLT_MAX), 3.4028235677973366e38, 3.4028235677973362e38,
                       16777217.0, 16777219.0, 1.401298464324817e-45 / 2, 1.1e-45, 1e-320})
        for (double s : {v, -v}) all.push_back(static_cast<T>(s));
    }
  } else {
    for (i64 edge : {0LL, 1LL, 127LL, 128LL, 255LL, 256LL, 257LL, 511LL, 32768LL, 65536LL,
                     1LL << 24, (1LL << 24) + 1, (1LL << 31) - 1, 1LL << 31, 1LL << 32,
                     (1LL << 53) + 1, (1LL << 62) + 1, 9007199791611905LL})
      for (i64 v : {edge, edge - 1, edge + 1, -edge, -edge - 1})
        if (v >= static_cast<i64>(L::min()) && v <= static_cast<i64>(L::max()))
          all.push_back(static_cast<T>(v));
    for (T v : {L::min(), static_cast<T>(L::min() + 1), static_cast<T>(L::max() - 1), L::max()})
      all.push_back(v);
  }
  return all;
}

}  // namespace

TEST(casts_between_all_dtypes) {
  for_dtypes([](auto zero_from, int from) {
    using From = decltype(zero_from);
    const std::vector<From> values = boundaries<From>(from);
    for_dtypes([&](auto zero_to, int to) {
      using To = decltype(zero_to);
      for (Lay lay : kLays) {
        // Twice and a bit, so that every value comes to lie in other lanes and in a tail too.
        const Shape size = {2, static_cast<i64>(values.size()) + 3};
        size_t i = 0;
        const Operand<From> x(size, lay, [&] { return values[i++ % values.size()]; });
        const i64 n = elements(size);
        Result<To> y(n);
        check::context = check::text("from dtype ", from, " to ", to, ", ", name(lay));
        th_cast(from, to, 2, layout(size, x).data(), x.data(), y.data(), Ok());
        CHECK(y.intact());
        for (i64 j = 0; j < n; ++j) {
          const From v = x[j];
          const To expected = java<To>(v, to);
          if (!(same_bits(y[j], expected) || (expected != expected && y[j] != y[j])))
            check::fail(__FILE__, __LINE__,
                        check::text(+v, " is ", +y[j], ", expected ", +expected));
        }
      }
    });
  });
}

TEST(nothing_is_read_or_written_where_an_axis_is_empty) {
  for (int rank = 1; rank <= 8; ++rank) {
    for (int axis = 0; axis < rank; ++axis) {
      for (Lay lay : kLays) {
        Shape size(static_cast<size_t>(rank), 2);
        size[static_cast<size_t>(axis)] = 0;
        const Operand<float> x(size, lay, [] { return 1.0f; });
        const Operand<uint8_t> c(size, lay, [] { return uint8_t{1}; });
        Result<float> y(0);
        Result<uint8_t> bits(0);
        check::context = check::text(show(size), name(lay));
        th_unary(0, TH_FLOAT32, rank, layout(size, x).data(), nullptr, y.data(), Ok());
        th_binary(0, TH_FLOAT32, rank, layout(size, x, x).data(), nullptr, nullptr, y.data(), Ok());
        th_scalar(0, TH_FLOAT32, rank, layout(size, x).data(), nullptr, 1, 0, y.data(), Ok());
        th_compare(0, TH_FLOAT32, rank, layout(size, x, x).data(), nullptr, nullptr, bits.data(),
                   Ok());
        th_select(TH_FLOAT32, rank, layout(size, c, x, x).data(), nullptr, nullptr, nullptr,
                  y.data(), Ok());
        th_cast(TH_FLOAT32, TH_BOOL, rank, layout(size, x).data(), nullptr, bits.data(), Ok());
        CHECK(y.intact());
        CHECK(bits.intact());
      }
    }
  }
}

TEST(a_result_may_lie_over_its_operands) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    Random random(11);
    for (const i64 n : {1, 7, 16, 33, 1000, 70000}) {
      const i64 plain[] = {n, 1, 1, 1};
      std::vector<T> a(static_cast<size_t>(n)), b(a), y(a), over(a);
      std::vector<uint8_t> c(static_cast<size_t>(n));
      for (size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<T>(random.between(0.25, 30));
        b[i] = static_cast<T>(random.between(0.25, 3));
        c[i] = static_cast<uint8_t>(random.below(2));
      }
      auto same = [&](const std::vector<T>& x) {
        return std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0;
      };
      for (int code = 0; th_op_name(TH_UNARY, code) != nullptr; ++code) {
        check::context = check::text(th_op_name(TH_UNARY, code), " of ", n);
        th_unary(code, dtype_of<T>, 1, plain, a.data(), y.data(), Ok());
        over = a;
        th_unary(code, dtype_of<T>, 1, plain, over.data(), over.data(), Ok());
        CHECK(same(over));
      }
      for (int code = 0; th_op_name(TH_BINARY, code) != nullptr; ++code) {
        check::context = check::text(th_op_name(TH_BINARY, code), " of ", n);
        th_binary(code, dtype_of<T>, 1, plain, a.data(), b.data(), y.data(), Ok());
        over = a;
        th_binary(code, dtype_of<T>, 1, plain, over.data(), b.data(), over.data(), Ok());
        CHECK(same(over));
        over = b;
        th_binary(code, dtype_of<T>, 1, plain, a.data(), over.data(), over.data(), Ok());
        CHECK(same(over));
        th_binary(code, dtype_of<T>, 1, plain, b.data(), b.data(), y.data(), Ok());
        over = b;
        th_binary(code, dtype_of<T>, 1, plain, over.data(), over.data(), over.data(), Ok());
        CHECK(same(over));
      }
      check::context = check::text("select of ", n);
      th_select(dtype_of<T>, 1, plain, c.data(), a.data(), b.data(), y.data(), Ok());
      over = a;
      th_select(dtype_of<T>, 1, plain, c.data(), over.data(), b.data(), over.data(), Ok());
      CHECK(same(over));
      over = b;
      th_select(dtype_of<T>, 1, plain, c.data(), a.data(), over.data(), over.data(), Ok());
      CHECK(same(over));
    }
  });
}
