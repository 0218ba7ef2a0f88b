package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.Domain.NONZERO;
import static thimble.tensor.Kind.MASK;
import static thimble.tensor.Kind.Slope.FLAT;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Row.Trait.COMPOSED;
import static thimble.tensor.Row.Trait.MIXED;
import static thimble.tensor.Row.Trait.POINTWISE;
import static thimble.tensor.Row.Trait.ROUNDED;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Rows of {@link OpTable}: f(x[i]), f(a[i], b[i]), and one of two. */
final class ElementwiseRows extends Families {
  ElementwiseRows() {
    one();
    number();
    two();
    truth();
    selected();
  }

  // spotless:off
  private void one() {
    unary("neg",        NUMBERS, ANY, LINEAR, Tensor::neg,  0, x -> -x,              x -> -x);
    unary("abs",        NUMBERS, ANY, SMOOTH, Tensor::abs,  0, Math::abs,            Math::abs);
    unary("sign",       NUMBERS, ANY, FLAT,   Tensor::sign, 0, Math::signum,         Long::signum);
    unary("relu",       NUMBERS, ANY, SMOOTH, Tensor::relu, 0, x -> x <= 0 ? 0 : x,  x -> Math.max(x, 0));
    unary("floor",      ANY,      FLAT,   Tensor::floor,      0, Math::floor);
    unary("ceil",       ANY,      FLAT,   Tensor::ceil,       0, Math::ceil);
    unary("round",      ANY,      FLAT,   Tensor::round,      0, Math::rint);
    unary("sqrt",       POSITIVE, SMOOTH, Tensor::sqrt,       0, Math::sqrt);
    unary("rsqrt",      POSITIVE, SMOOTH, Tensor::rsqrt,      2, x -> 1 / Math.sqrt(x));
    unary("reciprocal", ANY,      SMOOTH, Tensor::reciprocal, 0, x -> 1 / x);
    unary("exp",        ANY,      SMOOTH, Tensor::exp,        2, StrictMath::exp);
    unary("expm1",      ANY,      SMOOTH, Tensor::expm1,      2, StrictMath::expm1);
    unary("log",        POSITIVE, SMOOTH, Tensor::log,        2, StrictMath::log);
    unary("log1p",      POSITIVE, SMOOTH, Tensor::log1p,      2, StrictMath::log1p);
    unary("sin",        ANY,      SMOOTH, Tensor::sin,        2, StrictMath::sin);
    unary("cos",        ANY,      SMOOTH, Tensor::cos,        2, StrictMath::cos);
    unary("tan",        ANY,      SMOOTH, Tensor::tan,        2, StrictMath::tan);
    unary("asin",       INSIDE,   SMOOTH, Tensor::asin,       2, StrictMath::asin);
    unary("acos",       INSIDE,   SMOOTH, Tensor::acos,       2, StrictMath::acos);
    unary("atan",       ANY,      SMOOTH, Tensor::atan,       2, StrictMath::atan);
    unary("sinh",       ANY,      SMOOTH, Tensor::sinh,       2, StrictMath::sinh);
    unary("cosh",       ANY,      SMOOTH, Tensor::cosh,       2, StrictMath::cosh);
    unary("tanh",       ANY,      SMOOTH, Tensor::tanh,       2, StrictMath::tanh);
    unary("sigmoid",    ANY,      SMOOTH, Tensor::sigmoid,    2, Functions::sigmoid);
    unary("softplus",   ANY,      SMOOTH, Tensor::softplus, 2, 4, Functions::softplus);
    unary("erf",        ANY,      SMOOTH, Tensor::erf,        2, Functions::erf);
    unary("gelu",       ANY,      SMOOTH, Tensor::gelu,     2, 8, Functions::gelu);
    for (DType to : DType.values()) {
      each("to " + to, ALL, ANY, NONE, x -> x.to(to), x -> Expected.exactly(x.to(to)));
    }
    rounded("to float32 and back", x -> x.to(FLOAT32).to(FLOAT64));
  }

  private void number() {
    for (double s : new double[] {1.7, -0.1}) {
      scaled("add",       NUMBERS, ANY, LINEAR, Tensor::add,       s, 0, (x, y) -> x + y);
      scaled("sub",       NUMBERS, ANY, LINEAR, Tensor::sub,       s, 0, (x, y) -> x - y);
      scaled("rsub",      NUMBERS, ANY, LINEAR, Tensor::rsub,      s, 0, (x, y) -> y - x);
      scaled("mul",       NUMBERS, ANY, LINEAR, Tensor::mul,       s, 0, (x, y) -> x * y);
      scaled("div",       NUMBERS, ANY, LINEAR, Tensor::div,       s, 0, (x, y) -> x / y);
      scaled("rdiv",      NUMBERS, ANY, SMOOTH, Tensor::rdiv,      s, 0, (x, y) -> y / x);
      scaled("remainder", ALL, ANY, SMOOTH, Tensor::remainder, s, 0, Functions::remainder);
    }
    scaled("maximum", ALL, ANY, SMOOTH, Tensor::maximum, 0.1, 0, Math::max);
    scaled("minimum", ALL, ANY, SMOOTH, Tensor::minimum, 0.1, 0, Math::min);
    scaled("pow", NUMBERS, ANY,      FLAT,   Tensor::pow, 0,   0, Functions::pow);
    scaled("pow", NUMBERS, ANY,      LINEAR, Tensor::pow, 1,   4, Functions::pow);
    scaled("pow", NUMBERS, ANY,      SMOOTH, Tensor::pow, 2,   4, Functions::pow);
    scaled("pow", NUMBERS, ANY,      SMOOTH, Tensor::pow, 3,   4, Functions::pow);
    scaled("pow", NUMBERS, ANY,      SMOOTH, Tensor::pow, -1,  4, Functions::pow);
    scaled("pow", NUMBERS, POSITIVE, SMOOTH, Tensor::pow, 0.5, 4, Functions::pow);
    scaled("pow", NUMBERS, POSITIVE, SMOOTH, Tensor::pow, 1.3, 4, Functions::pow);
    for (long s : new long[] {3, 1}) {
      whole("add",       LINEAR, Tensor::add,       s, (x, y) -> x + y,    (x, y) -> x + y);
      whole("sub",       LINEAR, Tensor::sub,       s, (x, y) -> x - y,    (x, y) -> x - y);
      whole("rsub",      LINEAR, Tensor::rsub,      s, (x, y) -> y - x,    (x, y) -> y - x);
      whole("mul",       LINEAR, Tensor::mul,       s, (x, y) -> x * y,    (x, y) -> x * y);
      whole("remainder", SMOOTH, Tensor::remainder, s, Functions::remainder, Math::floorMod);
    }
    whole("maximum", SMOOTH, Tensor::maximum, 0, Math::max, Math::max);
    whole("minimum", SMOOTH, Tensor::minimum, 0, Math::min, Math::min);
    for (double[] ends : new double[][] {{-0.5, 0.6}, {2, 2}, {Double.NEGATIVE_INFINITY, 0.1}}) {
      few("clamp " + ends[0] + " " + ends[1], ALL, ANY, ends[0] == ends[1] ? FLAT : SMOOTH, x -> x.clamp(ends[0], ends[1]),
          x -> Oracle.map(x.to(Oracle.floating(x.dtype())), 0, v -> clamp(v, ends, x.dtype()), v -> v));
    }
  }

  private void two() {
    binary("add",       NUMBERS, any(LINEAR), any(LINEAR), Tensor::add,     0, (a, b) -> a + b, (a, b) -> a + b);
    binary("sub",       NUMBERS, any(LINEAR), any(LINEAR), Tensor::sub,     0, (a, b) -> a - b, (a, b) -> a - b);
    binary("mul",       NUMBERS, any(LINEAR), any(LINEAR), Tensor::mul,     0, (a, b) -> a * b, (a, b) -> a * b);
    binary("maximum",   NUMBERS, any(SMOOTH), any(SMOOTH), Tensor::maximum, 0, Math::max, Math::max);
    binary("minimum",   NUMBERS, any(SMOOTH), any(SMOOTH), Tensor::minimum, 0, Math::min, Math::min);
    binary("remainder", NUMBERS, any(SMOOTH), Kind.of(NONZERO, SMOOTH), Tensor::remainder, 0, Functions::remainder, Math::floorMod);
    binary("atan2",     any(SMOOTH), any(SMOOTH), Tensor::atan2, 2, StrictMath::atan2);
    binary("pow",       Kind.of(POSITIVE, SMOOTH), any(SMOOTH), Tensor::pow, 4, Functions::pow);
    binary("pow, whole exponents", any(SMOOTH), Kind.of(Domain.WHOLE, NONE), Tensor::pow, 4, Functions::pow);
    pairs("div", NUMBERS, any(LINEAR), any(SMOOTH), Tensor::div,
        (a, b) -> Oracle.zip(a, b, Oracle.floating(Oracle.promote(a.dtype(), b.dtype())), 0, (x, y) -> x / y, NO_PAIRS));
  }

  private void truth() {
    compare("eq",  Tensor::eq,  (a, b) -> a == b, (a, b) -> a == b);
    compare("ne",  Tensor::ne,  (a, b) -> a != b, (a, b) -> a != b);
    compare("lt",  Tensor::lt,  (a, b) -> a < b,  (a, b) -> a < b);
    compare("le",  Tensor::le,  (a, b) -> a <= b, (a, b) -> a <= b);
    compare("gt",  Tensor::gt,  (a, b) -> a > b,  (a, b) -> a > b);
    compare("ge",  Tensor::ge,  (a, b) -> a >= b, (a, b) -> a >= b);
    compare("and", Tensor::and, (a, b) -> a != 0 && b != 0, (a, b) -> a != 0 && b != 0);
    compare("or",  Tensor::or,  (a, b) -> a != 0 || b != 0, (a, b) -> a != 0 || b != 0);
    compare("xor", Tensor::xor, (a, b) -> a != 0 ^ b != 0,  (a, b) -> a != 0 ^ b != 0);
    test("eq 1",   x -> x.eq(1),   1,   (a, b) -> a == b, (a, b) -> a == b);
    test("ne 1",   x -> x.ne(1),   1,   (a, b) -> a != b, (a, b) -> a != b);
    test("lt 1",   x -> x.lt(1),   1,   (a, b) -> a < b,  (a, b) -> a < b);
    test("le 1",   x -> x.le(1),   1,   (a, b) -> a <= b, (a, b) -> a <= b);
    test("gt 1",   x -> x.gt(1),   1,   (a, b) -> a > b,  (a, b) -> a > b);
    test("ge 1",   x -> x.ge(1),   1,   (a, b) -> a >= b, (a, b) -> a >= b);
    test("eq 0.1", x -> x.eq(0.1), 0.1, (a, b) -> a == b, (a, b) -> a == b);
    test("ne 0.1", x -> x.ne(0.1), 0.1, (a, b) -> a != b, (a, b) -> a != b);
    test("lt 0.1", x -> x.lt(0.1), 0.1, (a, b) -> a < b,  (a, b) -> a < b);
    test("le 0.1", x -> x.le(0.1), 0.1, (a, b) -> a <= b, (a, b) -> a <= b);
    test("gt 0.1", x -> x.gt(0.1), 0.1, (a, b) -> a > b,  (a, b) -> a > b);
    test("ge 0.1", x -> x.ge(0.1), 0.1, (a, b) -> a >= b, (a, b) -> a >= b);
    test("not",      Tensor::not,      0, (a, b) -> a == 0,             (a, b) -> a == 0);
    test("isNan",    Tensor::isNan,    0, (a, b) -> Double.isNaN(a),      (a, b) -> false);
    test("isInf",    Tensor::isInf,    0, (a, b) -> Double.isInfinite(a), (a, b) -> false);
    test("isFinite", Tensor::isFinite, 0, (a, b) -> Double.isFinite(a),   (a, b) -> true);
    few("eq itself", ALL, ANY, NONE, x -> x.eq(x), x -> Oracle.compare(x, x, (a, b) -> a == b, (a, b) -> a == b));
  }
  // spotless:on

  /**
   * Whether x and a number stand in a relation: in its type, or as floats where it is a fraction.
   */
  private void test(
      String name, UnaryOperator<Tensor> f, double s, Oracle.Test y, Oracle.LongTest integer) {
    few(
        name,
        ALL,
        ANY,
        NONE,
        f,
        x -> {
          DType dtype = s == (long) s ? x.dtype() : Oracle.floating(x.dtype());
          return Oracle.compare(x, NdArray.of(dtype, shape(), s), y, integer);
        });
  }

  private static double clamp(double v, double[] ends, DType dtype) {
    boolean f64 = dtype == FLOAT64;
    double low = f64 ? ends[0] : (float) ends[0];
    double high = f64 ? ends[1] : (float) ends[1];
    return v < low ? low : v > high ? high : v;
  }

  /** Float64 that goes through float32. */
  private void rounded(String name, UnaryOperator<Tensor> f) {
    row(
        name,
        Set.of(FLOAT64),
        List.of(any(SMOOTH)),
        Settings.one(),
        Settings::drawOne,
        (in, p) -> f.apply(in[0]),
        (in, p) -> Expected.exactly(in[0].to(FLOAT32).to(FLOAT64)),
        EnumSet.of(POINTWISE, ROUNDED, COMPOSED),
        List.of());
  }

  private void selected() {
    row(
        "where",
        ALL,
        List.of(MASK, any(LINEAR), any(LINEAR)),
        Settings.three(),
        Settings::drawThree,
        (in, p) -> Tensor.where(in[0], in[1], in[2]),
        (in, p) -> Oracle.where(in[0], in[1], in[2]),
        EnumSet.of(POINTWISE, MIXED),
        List.of(
            new Row.Bad(
                At.of(List.of(shape(2, 3), shape(2, 4), shape(2, 3))),
                List.of(DType.BOOL, FLOAT32, FLOAT32),
                ShapeException.class,
                List.of("where", "[2, 4]", "[2, 3]")),
            new Row.Bad(
                At.of(List.of(shape(3), shape(3), shape(3))),
                List.of(FLOAT32, FLOAT32, FLOAT32),
                DTypeException.class,
                List.of("where", "mask", "float32"))));
    where("where, both branches", x -> Tensor.where(x.gt(0.25), x.exp(), x.mul(x)));
  }

  /** One variable in two branches, and a mask that goes with it. */
  private void where(String name, UnaryOperator<Tensor> f) {
    row(
        name,
        FLOATS,
        List.of(any(SMOOTH)),
        Settings.few(),
        Settings::drawOne,
        (in, p) -> f.apply(in[0]),
        (in, p) -> Oracle.map(in[0], 2, v -> v > 0.25 ? StrictMath.exp(v) : v * v, v -> v),
        EnumSet.of(POINTWISE, COMPOSED),
        List.of());
  }
}
