package thimble.tensor;

import static thimble.tensor.At.shape;
import static thimble.tensor.DType.BOOL;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;
import static thimble.tensor.DType.UINT8;
import static thimble.tensor.Kind.Slope.LINEAR;
import static thimble.tensor.Kind.Slope.NONE;
import static thimble.tensor.Row.Trait.MIXED;
import static thimble.tensor.Row.Trait.POINTWISE;
import static thimble.tensor.Row.Trait.TAME;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import thimble.tensor.Kind.Slope;
import thimble.tensor.Row.Bad;
import thimble.tensor.Row.Trait;

/** How a row of {@link OpTable} is made: what the rows of a family have in common. */
abstract class Families {
  static final Set<DType> FLOATS = Collections.unmodifiableSet(EnumSet.of(FLOAT32, FLOAT64));
  static final Set<DType> INTEGERS = Collections.unmodifiableSet(EnumSet.of(INT32, INT64, UINT8));
  static final Set<DType> NUMBERS =
      Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(BOOL)));
  static final Set<DType> ALL = Collections.unmodifiableSet(EnumSet.allOf(DType.class));

  static final Domain ANY = Domain.ANY;
  static final Domain POSITIVE = Domain.POSITIVE;
  static final Domain INSIDE = Domain.INSIDE;
  static final Domain DISTINCT = Domain.DISTINCT;

  static final Set<Trait> NO_TRAITS = EnumSet.noneOf(Trait.class);
  static final Set<Trait> SUMS = EnumSet.of(TAME);

  private static final LongUnaryOperator NO_INTEGERS =
      x -> {
        throw new AssertionError("floats only");
      };
  static final LongBinaryOperator NO_PAIRS = (a, b) -> NO_INTEGERS.applyAsLong(a);

  private final List<Row> rows = new ArrayList<>();

  static Kind any(Slope slope) {
    return Kind.of(ANY, slope);
  }

  List<Row> rows() {
    return List.copyOf(rows);
  }

  /** A row as it stands, and what each row must refuse: types that it does not take. */
  final void row(
      String name,
      Set<DType> dtypes,
      List<Kind> kinds,
      List<At> at,
      Function<Choices, At> draw,
      BiFunction<Tensor[], long[], Tensor> f,
      BiFunction<NdArray[], long[], Expected> oracle,
      Set<Trait> traits,
      List<Bad> bad) {
    List<Bad> all = new ArrayList<>(bad);
    for (DType dtype : EnumSet.complementOf(EnumSet.copyOf(dtypes))) {
      if (!traits.contains(Trait.COMPOSED) && !kinds.isEmpty() && kinds.get(0).dtype().isEmpty()) {
        At first = at.stream().filter(a -> a.count() > 0).findFirst().orElseThrow();
        Row bare = new Row(name, dtypes, kinds, at, draw, f, oracle, traits, all);
        all.add(
            new Bad(
                first,
                bare.dtypes(first, dtype),
                DTypeException.class,
                List.of(op(name) + ":", dtype.toString(), Arrays.toString(first.shapes().get(0)))));
      }
    }
    rows.add(new Row(name, dtypes, kinds, at, draw, f, oracle, traits, List.copyOf(all)));
  }

  /** The op's own name. */
  private static String op(String name) {
    return name.split("[ ,]")[0];
  }

  static Bad refuses(At at, DType dtype, String... says) {
    return new Bad(
        at, Collections.nCopies(at.shapes().size(), dtype), ShapeException.class, List.of(says));
  }

  // -- Elementwise --------------------------------------------------------------------------------

  /** y[i] = f(x[i]) of floats, within ulps. */
  final void unary(
      String name,
      Domain domain,
      Slope slope,
      UnaryOperator<Tensor> f,
      double ulps,
      DoubleUnaryOperator y) {
    unary(name, FLOATS, domain, slope, f, ulps, y, NO_INTEGERS);
  }

  /** The same with a bound of its own in float64, where the oracle is off as well. */
  final void unary(
      String name,
      Domain domain,
      Slope slope,
      UnaryOperator<Tensor> f,
      double ulps,
      double ulps64,
      DoubleUnaryOperator y) {
    each(
        name,
        FLOATS,
        domain,
        slope,
        f,
        x -> Oracle.map(x, x.dtype() == FLOAT64 ? ulps64 - 1 : ulps, y, NO_INTEGERS));
  }

  /** y[i] = f(x[i]), in x's type. */
  final void unary(
      String name,
      Set<DType> dtypes,
      Domain domain,
      Slope slope,
      UnaryOperator<Tensor> f,
      double ulps,
      DoubleUnaryOperator y,
      LongUnaryOperator integer) {
    each(name, dtypes, domain, slope, f, x -> Oracle.map(x, ulps, y, integer));
  }

  /** y[i] = f(x[i]), of any shape, by a kernel that another row tries at large ones. */
  final void few(
      String name,
      Set<DType> dtypes,
      Domain domain,
      Slope slope,
      UnaryOperator<Tensor> f,
      Function<NdArray, Expected> oracle) {
    each(name, dtypes, domain, slope, Settings.few(), f, oracle);
  }

  /** y[i] = f(x[i]), of any shape. */
  final void each(
      String name,
      Set<DType> dtypes,
      Domain domain,
      Slope slope,
      UnaryOperator<Tensor> f,
      Function<NdArray, Expected> oracle) {
    each(name, dtypes, domain, slope, Settings.one(), f, oracle);
  }

  private void each(
      String name,
      Set<DType> dtypes,
      Domain domain,
      Slope slope,
      List<At> at,
      UnaryOperator<Tensor> f,
      Function<NdArray, Expected> oracle) {
    row(
        name,
        dtypes,
        List.of(Kind.of(domain, slope)),
        at,
        Settings::drawOne,
        (in, p) -> f.apply(in[0]),
        (in, p) -> oracle.apply(in[0]),
        EnumSet.of(POINTWISE),
        List.of());
  }

  /** An op with a number that the program writes down. */
  interface Scaled {
    Tensor of(Tensor x, double s);
  }

  /** The same with a whole number. */
  interface ScaledWhole {
    Tensor of(Tensor x, long s);
  }

  /** y[i] = f(x[i], s), in floats. */
  final void scaled(
      String op,
      Set<DType> dtypes,
      Domain domain,
      Slope slope,
      Scaled f,
      double s,
      double ulps,
      DoubleBinaryOperator y) {
    few(
        op + " " + s,
        dtypes,
        domain,
        slope,
        x -> f.of(x, s),
        x -> {
          DType dtype = Oracle.floating(x.dtype());
          return Oracle.zip(x, NdArray.of(dtype, shape(), s), dtype, ulps, y, NO_PAIRS);
        });
  }

  /** y[i] = f(x[i], s) in x's type; a number that it does not hold is refused. */
  final void whole(
      String op,
      Slope slope,
      ScaledWhole f,
      long s,
      DoubleBinaryOperator y,
      LongBinaryOperator integer) {
    row(
        op + " " + s,
        NUMBERS,
        List.of(any(slope)),
        Settings.few(),
        Settings::drawOne,
        (in, p) -> f.of(in[0], p.length == 0 ? s : p[0]),
        (in, p) ->
            Oracle.zip(in[0], NdArray.of(in[0].dtype(), shape(), s), in[0].dtype(), 0, y, integer),
        EnumSet.of(POINTWISE),
        List.of(
            tooLarge(At.of(shape(2, 3), -1), UINT8, op),
            tooLarge(At.of(shape(2, 3), 256), UINT8, op),
            tooLarge(At.of(shape(2, 3), 1L << 31), INT32, op)));
  }

  private static Bad tooLarge(At at, DType dtype, String op) {
    return new Bad(
        at,
        List.of(dtype),
        DTypeException.class,
        List.of(op, dtype + " [2, 3]", Long.toString(at.p()[0])));
  }

  /** y[i] = f(a[i], b[i]) of floats, within ulps. */
  final void binary(
      String name, Kind a, Kind b, BinaryOperator<Tensor> f, double ulps, DoubleBinaryOperator y) {
    binary(name, FLOATS, a, b, f, ulps, y, NO_PAIRS);
  }

  /** y[i] = f(a[i], b[i]) in the larger of their types. */
  final void binary(
      String name,
      Set<DType> dtypes,
      Kind a,
      Kind b,
      BinaryOperator<Tensor> f,
      double ulps,
      DoubleBinaryOperator y,
      LongBinaryOperator integer) {
    pairs(
        name,
        dtypes,
        a,
        b,
        f,
        (l, r) -> Oracle.zip(l, r, Oracle.promote(l.dtype(), r.dtype()), ulps, y, integer));
  }

  /** A mask: whether something holds for a[i] and b[i]. */
  final void compare(
      String name, BinaryOperator<Tensor> f, Oracle.Test y, Oracle.LongTest integer) {
    Kind any = Kind.of(ANY, NONE);
    pairs(name, ALL, any, any, f, (l, r) -> Oracle.compare(l, r, y, integer));
  }

  final void pairs(
      String name,
      Set<DType> dtypes,
      Kind a,
      Kind b,
      BinaryOperator<Tensor> f,
      BinaryFunction oracle) {
    DType first = dtypes.iterator().next();
    row(
        name,
        dtypes,
        List.of(a, b),
        Settings.two(),
        Settings::drawTwo,
        (in, p) -> f.apply(in[0], in[1]),
        (in, p) -> oracle.apply(in[0], in[1]),
        EnumSet.of(POINTWISE, MIXED),
        List.of(
            refuses(
                At.of(List.of(shape(2, 3), shape(2, 4))),
                first,
                op(name),
                "[2, 3]",
                "[2, 4]",
                "axis -1",
                "3 and 4"),
            refuses(
                At.of(List.of(shape(0, 3), shape(2, 3))),
                first,
                op(name),
                "[0, 3]",
                "[2, 3]",
                "axis -2",
                "0 and 2")));
  }

  /** An oracle of two operands. */
  interface BinaryFunction {
    Expected apply(NdArray a, NdArray b);
  }

  // -- Moving -------------------------------------------------------------------------------------

  /** The elements of x elsewhere, or several times, or not at all: in every type, exactly. */
  final void move(
      String name,
      List<At> at,
      Function<Choices, At> draw,
      BiFunction<Tensor, long[], Tensor> f,
      BiFunction<NdArray, long[], NdArray> oracle,
      Bad... bad) {
    row(
        name,
        ALL,
        List.of(Kind.of(ANY, LINEAR)),
        at,
        draw,
        (in, p) -> f.apply(in[0], p),
        (in, p) -> Expected.exactly(oracle.apply(in[0], p)),
        EnumSet.noneOf(Trait.class),
        List.of(bad));
  }

  // -- Reducing -----------------------------------------------------------------------------------

  /** An op over a set of axes, as Java takes them. */
  interface Reduction {
    Tensor of(Tensor x, int... axes);
  }

  /** Its value, for axes counted from the first. */
  interface ReductionOracle {
    Expected of(NdArray x, int... axes);
  }

  final void reduce(
      String name,
      Set<DType> dtypes,
      Domain domain,
      Slope slope,
      boolean empty,
      Set<Trait> traits,
      Reduction f,
      ReductionOracle oracle) {
    String op = op(name);
    DType first = dtypes.iterator().next();
    List<Bad> bad =
        new ArrayList<>(
            List.of(
                refuses(At.of(shape(2, 3), 2), first, op, "axis 2", "[2, 3]", "-2 and 1"),
                refuses(At.of(shape(2, 3), -3), first, op, "axis -3", "[2, 3]"),
                refuses(At.of(shape(2, 3), 1, -1), first, op, "axis -1", "[2, 3]", "twice"),
                refuses(At.of(shape(), 0), first, op, "axis 0", "without axes")));
    if (!empty) {
      bad.add(refuses(At.of(shape(2, 0)), first, op, "[2, 0]", "no element"));
      bad.add(refuses(At.of(shape(2, 0), 1), first, op, "[2, 0]", "no element"));
    }
    row(
        name,
        dtypes,
        List.of(Kind.of(domain, slope)),
        Settings.reductions(empty),
        c -> Settings.drawReduction(c, empty),
        (in, p) -> f.of(in[0], Settings.ints(p)),
        (in, p) -> oracle.of(in[0], Settings.axes(p, in[0].rank())),
        traits,
        bad);
  }

  /** An op along one axis. */
  interface Along {
    Tensor of(Tensor x, int axis);
  }

  /** Its value, for an axis counted from the first. */
  interface AlongOracle {
    Expected of(NdArray x, int axis);
  }

  final void along(
      String name,
      Set<DType> dtypes,
      Domain domain,
      Slope slope,
      boolean empty,
      Set<Trait> traits,
      Along f,
      AlongOracle oracle) {
    String op = op(name);
    DType first = dtypes.iterator().next();
    List<Bad> bad =
        new ArrayList<>(
            List.of(
                refuses(At.of(shape(2, 3), 2), first, op, "axis 2", "[2, 3]", "-2 and 1"),
                refuses(At.of(shape(), 0), first, op, "axis 0", "without axes")));
    if (!empty) {
      bad.add(refuses(At.of(shape(2, 0), -1), first, op, "[2, 0]", "no element"));
    }
    row(
        name,
        dtypes,
        List.of(Kind.of(domain, slope)),
        Settings.axis(empty),
        c -> Settings.drawAxis(c, empty),
        (in, p) -> f.of(in[0], (int) p[0]),
        (in, p) -> oracle.of(in[0], Settings.axis(p[0], in[0].rank())),
        traits,
        bad);
  }

  // -- Several operands ---------------------------------------------------------------------------

  /** Products and the like: of floats, within a bound of their own. */
  final void product(
      String name,
      Slope slope,
      Set<Trait> traits,
      List<At> at,
      Function<Choices, At> draw,
      BiFunction<Tensor[], long[], Tensor> f,
      BiFunction<NdArray[], long[], Expected> oracle,
      Bad... bad) {
    row(name, FLOATS, List.of(Kind.of(ANY, slope)), at, draw, f, oracle, traits, List.of(bad));
  }
}
