package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.Kind.INDEX;
import static thimble.tensor.Kind.MASK;
import static thimble.tensor.Kind.Slope.FLAT;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Kind.Slope.SMOOTH;
import static thimble.tensor.Row.Trait.POINTWISE;
import static thimble.tensor.Row.Trait.ROUNDED;
import static thimble.tensor.Row.Trait.TAME;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import thimble.tensor.Kind.Slope;
import thimble.tensor.Row.Trait;

/** Rows of {@link OpTable}: f(x[i]), f(a[i], b[i]), and one of two. */
final class ElementwiseRows extends Families {
  ElementwiseRows() {
    elementwise();
    withNumbers();
    withTensors();
    selecting();
  }

  // spotless:off
  private void elementwise() {
    unary("neg",        ANY,      LINEAR, Tensor::neg,        0, x -> -x);
    unary("abs",        ANY,      SMOOTH, Tensor::abs,        0, Math::abs);
    unary("sign",       ANY,      FLAT,   Tensor::sign,       0, Math::signum);
    unary("relu",       ANY,      SMOOTH, Tensor::relu,       0, x -> x <= 0 ? 0 : x);
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
    unary("sinh",       ANY,      SMOOTH, Tensor::sinh,       3, StrictMath::sinh);
    unary("cosh",       ANY,      SMOOTH, Tensor::cosh,       3, StrictMath::cosh);
    for (DType to : DType.values()) {
      each("to " + to, ALL, ANY, NONE, x -> x.to(to), x -> Expected.exactly(x.to(to)));
    }
    rounded("to float32 and back", x -> x.to(FLOAT32).to(FLOAT64));
  }

  private void withNumbers() {
    for (double s : new double[] {1.7, -0.1}) {
      unary("add " + s,  ANY, LINEAR, x -> x.add(s),  0, x -> x + s);
      unary("sub " + s,  ANY, LINEAR, x -> x.sub(s),  0, x -> x - s);
      unary("rsub " + s, ANY, LINEAR, x -> x.rsub(s), 0, x -> s - x);
      unary("mul " + s,  ANY, LINEAR, x -> x.mul(s),  0, x -> x * s);
      unary("div " + s,  ANY, LINEAR, x -> x.div(s),  0, x -> x / s);
      unary("rdiv " + s, ANY, SMOOTH, x -> x.rdiv(s), 0, x -> s / x);
    }
    unary("pow 0",   ANY,      FLAT,   x -> x.pow(0),   0, x -> 1);
    unary("pow 1",   ANY,      LINEAR, x -> x.pow(1),   4, x -> x);
    unary("pow 2",   ANY,      SMOOTH, x -> x.pow(2),   4, x -> x * x);
    unary("pow 3",   ANY,      SMOOTH, x -> x.pow(3),   4, x -> StrictMath.pow(x, 3));
    unary("pow -1",  ANY,      SMOOTH, x -> x.pow(-1),  4, x -> 1 / x);
    unary("pow 0.5", POSITIVE, SMOOTH, x -> x.pow(0.5), 4, x -> StrictMath.pow(x, 0.5));
  }

  private void withTensors() {
    binary("add",     any(LINEAR), any(LINEAR), Tensor::add, 0, (a, b) -> a + b);
    binary("sub",     any(LINEAR), any(LINEAR), Tensor::sub, 0, (a, b) -> a - b);
    binary("mul",     any(LINEAR), any(LINEAR), Tensor::mul, 0, (a, b) -> a * b);
    binary("div",     any(LINEAR), any(SMOOTH), Tensor::div, 0, (a, b) -> a / b);
    binary("maximum", any(SMOOTH), any(SMOOTH), Tensor::maximum, 0, Math::max);
    binary("minimum", any(SMOOTH), any(SMOOTH), Tensor::minimum, 0, Math::min);
    binary("atan2",   any(SMOOTH), any(SMOOTH), Tensor::atan2, 2, StrictMath::atan2);
    binary("pow",     Kind.of(POSITIVE, SMOOTH), any(SMOOTH), Tensor::pow, 4, ElementwiseRows::pow);
    binary("pow, whole exponents", any(SMOOTH), Kind.of(Domain.WHOLE, NONE), Tensor::pow, 4, ElementwiseRows::pow);
    compare("eq", Tensor::eq, (a, b) -> a == b, (a, b) -> a == b);
    compare("ne", Tensor::ne, (a, b) -> a != b, (a, b) -> a != b);
    compare("lt", Tensor::lt, (a, b) -> a < b,  (a, b) -> a < b);
    compare("le", Tensor::le, (a, b) -> a <= b, (a, b) -> a <= b);
    compare("gt", Tensor::gt, (a, b) -> a > b,  (a, b) -> a > b);
    compare("ge", Tensor::ge, (a, b) -> a >= b, (a, b) -> a >= b);
    each("eq 1", FLOATS, ANY, NONE, x -> x.eq(1), x -> Oracle.compare(x, NdArray.of(x.dtype(), shape(), 1.0), (a, b) -> a == b, (a, b) -> a == b));
    each("eq itself", ALL, ANY, NONE, x -> x.eq(x), x -> Oracle.compare(x, x, (a, b) -> a == b, (a, b) -> a == b));
  }
  // spotless:on

  /** As C and IEEE have it: 1^NaN = 1 and (−1)^±inf = 1, where Java says NaN. */
  private static double pow(double a, double b) {
    return a == 1 || (a == -1 && Double.isInfinite(b)) ? 1 : StrictMath.pow(a, b);
  }

  /** Float64 that goes through float32. */
  private void rounded(String name, java.util.function.UnaryOperator<Tensor> f) {
    row(
        name,
        Set.of(FLOAT64),
        List.of(any(SMOOTH)),
        Settings.one(),
        Settings::drawOne,
        (in, p) -> f.apply(in[0]),
        (in, p) -> Expected.exactly(in[0].to(FLOAT32).to(FLOAT64)),
        EnumSet.of(POINTWISE, ROUNDED),
        List.of());
  }

  private void selecting() {
    row(
        "where",
        ALL,
        List.of(MASK, any(LINEAR), any(LINEAR)),
        Settings.three(),
        Settings::drawThree,
        (in, p) -> Tensor.where(in[0], in[1], in[2]),
        (in, p) -> Oracle.where(in[0], in[1], in[2]),
        EnumSet.of(POINTWISE, Trait.MIXED),
        List.of(
            refuses(
                At.of(List.of(shape(2, 3), shape(2, 4), shape(2, 3))),
                DType.BOOL,
                "where",
                "[2, 4]",
                "[2, 3]"),
            new Row.Bad(
                At.of(List.of(shape(3), shape(3), shape(3))),
                List.of(FLOAT32, FLOAT32, FLOAT32),
                DTypeException.class,
                List.of("where", "mask", "float32"))));
  }
}
