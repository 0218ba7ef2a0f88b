// The elementary functions: their accuracy, their values where mathematics or C has a rule, and the
// same bits for an element wherever it lies. `./thimble ulp` measures all floats, and far more
// doubles.
#include "../tools/ulp.h"
#include "operand.h"

namespace {

template <class Body>
void for_floats(Body body) {
  body(float());
  body(double());
}

template <class T>
std::vector<T> unary(const char* name, const std::vector<T>& x, i64 step = 1) {
  const i64 n = (static_cast<i64>(x.size()) + step - 1) / step;
  std::vector<T> y(static_cast<size_t>(n));
  th_unary(op(TH_UNARY, name), dtype_of<T>, 1, Shape{n, step}.data(), x.data(), y.data(), Ok());
  return y;
}

template <class T>
std::vector<T> binary(const char* name, const std::vector<T>& a, i64 step_a,
                      const std::vector<T>& b, i64 step_b, i64 n) {
  std::vector<T> y(static_cast<size_t>(n));
  th_binary(op(TH_BINARY, name), dtype_of<T>, 1, Shape{n, step_a, step_b}.data(), a.data(),
            b.data(), y.data(), Ok());
  return y;
}

// Any NaN is as good as another.
template <class T>
bool same(T a, T b) {
  return (a != a && b != b) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T>
void check_same(const std::vector<T>& got, const std::vector<T>& expected, i64 step = 1) {
  for (size_t i = 0; i < got.size(); ++i)
    if (const T e = expected[i * static_cast<size_t>(step)]; !same(got[i], e))
      check::fail(__FILE__, __LINE__, check::text("[", i, "] is ", got[i], ", not ", e));
}

// Bit patterns at equal distances over all there are, and more where functions are hard.
template <class T>
std::vector<T> inputs(double low, double high, size_t count) {
  std::vector<T> x(count);
  ulp::Random random(1);
  const uint64_t distance = (sizeof(T) == 4 ? uint64_t{1} << 32 : ~uint64_t{0}) / (count / 2) + 1;
  for (size_t i = 0; i < count; ++i)
    x[i] = i % 2 == 0 ? ulp::from_bits<T>(i / 2 * distance) : ulp::number<T>(random, low, high);
  return x;
}

template <class T>
constexpr size_t kCount = sizeof(T) == 4 ? 1 << 20 : 1 << 17;
// Where the reference has no more digits than the function, it is allowed an error too.
template <class T>
constexpr double kSlack = ulp::kWideEnough<T> ? 0 : 2;

template <class T, class F>
auto reference(const F& f) {
  if constexpr (sizeof(T) == 4) return f.of_float;
  if constexpr (sizeof(T) == 8) return f.of_double;
}
template <class T, class F>
double bound(const F& f) {
  return (sizeof(T) == 4 ? f.bound_float : f.bound_double) + kSlack<T>;
}

struct Special {
  const char* name;
  double x, y;
};
constexpr double kInf = HUGE_VAL, kNan = NAN;
// clang-format off
const Special kSpecials[] = {
    {"EXP", 0, 1}, {"EXP", -0.0, 1}, {"EXP", kInf, kInf}, {"EXP", -kInf, 0},
    {"EXPM1", 0, 0}, {"EXPM1", -0.0, -0.0}, {"EXPM1", kInf, kInf}, {"EXPM1", -kInf, -1},
    {"LOG", 1, 0}, {"LOG", 0, -kInf}, {"LOG", -0.0, -kInf}, {"LOG", -1, kNan}, {"LOG", kInf, kInf},
    {"LOG", -kInf, kNan},
    {"LOG1P", 0, 0}, {"LOG1P", -0.0, -0.0}, {"LOG1P", -1, -kInf}, {"LOG1P", -2, kNan},
    {"LOG1P", kInf, kInf}, {"LOG1P", -kInf, kNan},
    {"SIN", 0, 0}, {"SIN", -0.0, -0.0}, {"SIN", kInf, kNan}, {"SIN", -kInf, kNan},
    {"COS", 0, 1}, {"COS", -0.0, 1}, {"COS", kInf, kNan}, {"COS", -kInf, kNan},
    {"TAN", 0, 0}, {"TAN", -0.0, -0.0}, {"TAN", kInf, kNan}, {"TAN", -kInf, kNan},
    {"ASIN", 0, 0}, {"ASIN", -0.0, -0.0}, {"ASIN", 1.5, kNan}, {"ASIN", -kInf, kNan},
    {"ACOS", 1, 0}, {"ACOS", -1.5, kNan}, {"ACOS", kInf, kNan},
    {"ATAN", 0, 0}, {"ATAN", -0.0, -0.0},
    {"SINH", 0, 0}, {"SINH", -0.0, -0.0}, {"SINH", kInf, kInf}, {"SINH", -kInf, -kInf},
    {"COSH", 0, 1}, {"COSH", -0.0, 1}, {"COSH", kInf, kInf}, {"COSH", -kInf, kInf},
    {"TANH", 0, 0}, {"TANH", -0.0, -0.0}, {"TANH", kInf, 1}, {"TANH", -kInf, -1},
    {"SIGMOID", 0, 0.5}, {"SIGMOID", -0.0, 0.5}, {"SIGMOID", kInf, 1}, {"SIGMOID", -kInf, 0},
    {"SOFTPLUS", kInf, kInf}, {"SOFTPLUS", -kInf, 0}, {"SOFTPLUS", 1000, 1000},
    {"SOFTPLUS", -1000, 0},
    {"ERF", 0, 0}, {"ERF", -0.0, -0.0}, {"ERF", kInf, 1}, {"ERF", -kInf, -1},
    {"GELU", 0, 0}, {"GELU", -0.0, -0.0}, {"GELU", kInf, kInf}, {"GELU", -kInf, -0.0},
    {"SQRT", 0, 0}, {"SQRT", -0.0, -0.0}, {"SQRT", -1, kNan}, {"SQRT", kInf, kInf},
    {"RSQRT", 0, kInf}, {"RSQRT", kInf, 0}, {"RSQRT", -1, kNan}};
// clang-format on

}  // namespace

TEST(functions_of_one_number_are_within_their_bounds) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    for (const ulp::Unary& f : ulp::kUnary) {
      check::context = check::text(f.name, " f", 8 * sizeof(T));
      const std::vector<T> x = inputs<T>(f.low, f.high, kCount<T>), y = unary(f.name, x);
      for (size_t i = 0; i < x.size(); ++i)
        if (const double e = ulp::error<T>(y[i], reference<T>(f)(x[i])); !(e <= bound<T>(f)))
          check::fail(__FILE__, __LINE__, check::text("of ", x[i], " is ", y[i], ": ", e, " ULP"));
    }
  });
}

TEST(functions_of_two_numbers_are_within_their_bounds) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    for (const ulp::Binary& f : ulp::kBinary) {
      check::context = check::text(f.name, " f", 8 * sizeof(T));
      std::vector<T> a = inputs<T>(-4, 4, kCount<T>), b(a.size());
      ulp::Random random(2);
      for (size_t i = 0; i < a.size(); ++i) b[i] = ulp::partner(f, random, a[i]);
      const std::vector<T> y = binary(f.name, a, 1, b, 1, static_cast<i64>(a.size()));
      for (size_t i = 0; i < a.size(); ++i)
        if (const double e = ulp::error<T>(y[i], reference<T>(f)(a[i], b[i])); !(e <= bound<T>(f)))
          check::fail(__FILE__, __LINE__,
                      check::text("of ", a[i], ", ", b[i], " is ", y[i], ": ", e, " ULP"));
    }
  });
}

TEST(values_that_have_a_rule) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    for (const Special& s : kSpecials) {
      check::context = check::text(s.name, " f", 8 * sizeof(T), " of ", s.x);
      // In a vector and in its tail.
      for (const T y : unary(s.name, std::vector<T>(67, static_cast<T>(s.x))))
        if (!same(y, static_cast<T>(s.y)))
          check::fail(__FILE__, __LINE__, check::text(y, ", not ", s.y));
    }
    for (const ulp::Unary& f : ulp::kUnary) {
      check::context = f.name;
      for (const T y : unary(f.name, std::vector<T>(67, static_cast<T>(NAN)))) CHECK(y != y);
    }
  });
}

// Numbers next to those where results begin to be subnormal, 0 or infinite.
TEST(results_end_where_the_type_ends) {
  CHECK_EQ(unary<float>("EXP", {88.7228394f})[0], kInf);
  CHECK(unary<float>("EXP", {88.7228317f})[0] < kInf);
  CHECK_EQ(unary<float>("EXP", {-103.972076f})[0], 0x1p-149f);
  CHECK_EQ(unary<float>("EXP", {-103.972084f})[0], 0);
  CHECK_EQ(unary<double>("EXP", {709.782712893384})[0] < kInf, true);
  CHECK_EQ(unary<double>("EXP", {709.7827128933841})[0], kInf);
  CHECK_EQ(unary<double>("EXP", {-745.1332191019411})[0], 0x1p-1074);
  CHECK_EQ(unary<double>("EXP", {-745.1332191019412})[0], 0);
  CHECK(unary<float>("SINH", {89.4159851f})[0] < kInf);
  CHECK_EQ(unary<float>("SINH", {89.415993f})[0], kInf);
  CHECK_EQ(unary<float>("LOG", {0x1p-149f})[0], -103.278929903431851f);
}

TEST(an_element_has_the_same_bits_wherever_it_lies) {
  for_floats([](auto zero) {
    using T = decltype(zero);
    for (const ulp::Unary& f : ulp::kUnary) {
      check::context = check::text(f.name, " f", 8 * sizeof(T));
      // Some of them are so large that sin, cos and tan leave their usual way.
      const std::vector<T> x = inputs<T>(f.low, f.high, 1500), y = unary(f.name, x);
      check_same(unary(f.name, x, 3), y, 3);
      for (size_t i = 0; i < x.size(); ++i) {
        const T one = unary(f.name, std::vector<T>{x[i]})[0];
        if (!same(one, y[i])) check::fail(__FILE__, __LINE__, check::text("alone: ", x[i]));
      }
      for (i64 n = 1; n <= 70; ++n)
        check_same(unary(f.name, std::vector<T>(x.begin() + n, x.begin() + 2 * n)),
                   std::vector<T>(y.begin() + n, y.begin() + 2 * n));
    }
    for (const ulp::Binary& f : ulp::kBinary) {
      check::context = check::text(f.name, " f", 8 * sizeof(T));
      constexpr i64 n = 700;
      const std::vector<T> a = inputs<T>(-4, 4, n), b = inputs<T>(-3, 3, n);
      const std::vector<T> y = binary(f.name, a, 1, b, 1, n);
      check_same(binary(f.name, a, 2, b, 2, n / 2), y, 2);
      for (size_t i = 0; i < n; ++i) {
        const std::vector<T> left(67, a[i]), right(67, b[i]), both(67, y[i]);
        check_same(binary(f.name, left, 1, right, 1, 67), both);
        check_same(binary(f.name, left, 0, right, 1, 67), both);
        check_same(binary(f.name, left, 1, right, 0, 67), both);
      }
    }
  });
}
