package thimble.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import thimble.tensor.DType;
import thimble.tensor.Graph;
import thimble.tensor.Key;
import thimble.tensor.Level;
import thimble.tensor.Op;
import thimble.tensor.Tensor;
import thimble.testing.GradCheck.Mistake;
import thimble.testing.GradCheck.Property;
import thimble.testing.GradCheck.Report;

/** The checks of {@link GradCheck} at one point. */
final class Examination {
  private static final double STEP = 6e-6;
  private static final double LEAST = 1e-9;

  private final GradCheck how;
  private final Point<?> point;
  private final Key key;
  private final List<Tensor> at;
  private final List<Mistake> mistakes = new ArrayList<>();
  private final Set<String> ops = new LinkedHashSet<>();

  /** f(x), and the weights of its elements. */
  private List<Tensor> y = List.of();

  private List<Tensor> w = List.of();
  private double size = 1;

  Examination(GradCheck how, Point<?> point, Key key) {
    this.how = how;
    this.point = point;
    this.key = key;
    this.at = point.at();
  }

  Report report(int moves) {
    List<Tensor> g = firstOrder();
    if (mistakes.isEmpty()) {
      elements(g);
      direction(g);
    }
    if (mistakes.isEmpty() && how.order() > 1) {
      secondOrder();
    }
    return new Report(
        how.name(),
        List.copyOf(ops),
        how.seed(),
        moves,
        point.calls().get(),
        List.copyOf(mistakes));
  }

  // -- First order --------------------------------------------------------------------------------

  /** Jᵀw; checks its shapes and that forward mode is its transpose. */
  private List<Tensor> firstOrder() {
    try (Level level = Level.open()) {
      List<Tensor> x = at.stream().map(level::variable).toList();
      y = point.value(x);
      size = Math.max(1, y.stream().mapToDouble(Examination::largest).max().orElse(1));
      w = weights();
      for (Tensor n : Graph.topologicalOrder(y.toArray(Tensor[]::new))) {
        if (!(n.op() instanceof Op.Leaf) && !x.contains(n)) {
          ops.add(n.op().toString().replaceFirst("\\(.*", ""));
        }
      }
      List<Tensor> g = level.vjp(y, w, x).stream().map(level::result).toList();
      for (int k = 0; k < at.size(); k++) {
        String expected = at.get(k).dtype() + " " + at.get(k).shape();
        String got = g.get(k).dtype() + " " + g.get(k).shape();
        if (!expected.equals(got)) {
          add(Property.SHAPE, point.name(k), expected + ", the argument's", got, false);
        }
      }
      for (int k = 0; k < at.size() && mistakes.isEmpty(); k++) {
        Tensor u = directions(1).get(k);
        List<Tensor> ju = level.jvp(y, List.of(x.get(k)), List.of(u));
        double expected = dot(List.of(g.get(k)), List.of(u));
        double scale = dotOfSizes(w, ju) + dotOfSizes(List.of(g.get(k)), List.of(u));
        same(Property.TRANSPOSITION, point.name(k), expected, "⟨Jᵀw, u⟩", dot(w, ju), scale, 1);
      }
      y = y.stream().map(Tensor::detach).toList();
      return g;
    }
  }

  /** From 1 to 3; 1 for a single number, whose derivative is then seen as it is. */
  private List<Tensor> weights() {
    boolean one = y.stream().mapToLong(Tensor::count).sum() == 1;
    return one
        ? y.stream().map(v -> Tensor.ones(v.dtype(), v.shape())).toList()
        : random(0, y).stream().map(r -> r.add(2)).toList();
  }

  private void elements(List<Tensor> g) {
    long all = at.stream().mapToLong(Tensor::count).sum();
    for (int k = 0; k < at.size(); k++) {
      double[] x = at.get(k).toDoubleArray();
      double[] slopes = g.get(k).toDoubleArray();
      double scale = largest(g.get(k));
      for (int i : chosen(k, x.length, all)) {
        List<Tensor> e = unit(k, i);
        compare(
            Property.GRADIENT,
            where(k, i),
            eps -> difference(e, eps),
            step(x[i]),
            slopes[i],
            how.tolerance() * scale);
      }
    }
  }

  /** All elements of an argument, or as many random ones as are its part of the limit. */
  private int[] chosen(int k, int count, long all) {
    if (all <= how.elements()) {
      return IntStream.range(0, count).toArray();
    }
    long[] order = key.fold(100 + k).permutation(count).toLongArray();
    long part = Math.ceilDiv(how.elements() * (long) count, all);
    return Arrays.stream(order).limit(part).mapToInt(Math::toIntExact).sorted().toArray();
  }

  private void direction(List<Tensor> g) {
    List<Tensor> u = directions(2);
    double scale = Math.sqrt(dot(g, g));
    compare(
        Property.DIRECTION,
        "all arguments",
        eps -> difference(u, eps),
        step(1),
        dot(g, u),
        how.tolerance() * scale);
  }

  /** Differences of Σ w·f along a direction. */
  private Difference difference(List<Tensor> d, double eps) {
    return Difference.of(w, point.value(moved(d, -eps)), y, point.value(moved(d, eps)), eps);
  }

  // -- Second order -------------------------------------------------------------------------------

  /** The gradient of Σ w·(f + f²/s). */
  private List<Tensor> gradient(List<Tensor> x) {
    try (Level level = Level.open()) {
      List<Tensor> v = x.stream().map(level::variable).toList();
      List<Tensor> value = point.value(v);
      List<Tensor> cts = new ArrayList<>();
      for (Tensor one : value) {
        cts.add(w.get(cts.size()).mul(one.mul(2 / size).add(1)));
      }
      return level.vjp(value, cts, v).stream().map(level::result).toList();
    }
  }

  private void secondOrder() {
    List<Tensor> u = directions(3);
    List<Tensor> v = directions(4);
    List<Tensor> hu = reverseOverReverse(u);
    List<Tensor> hv = reverseOverReverse(v);
    double scale = Math.sqrt(dot(hu, hu)) + Math.sqrt(dot(hv, hv));
    same(Property.SYMMETRY, "all arguments", dot(u, hv), "uᵀH·v", dot(v, hu), scale, 100);
    List<Tensor> forward = forwardOverReverse(v);
    double[][] here = numbers(gradient(at));
    Map<Double, Sides> sides = new HashMap<>();
    for (int k = 0; k < at.size(); k++) {
      int own = k;
      double[] one = hv.get(k).toDoubleArray();
      double[] other = forward.get(k).toDoubleArray();
      for (int i = 0; i < one.length; i++) {
        int element = i;
        String where = where(k, i);
        same(Property.COMPOSITION, where, one[i], "reverse over reverse", other[i], scale, 100);
        compare(
            Property.HESSIAN,
            where,
            eps -> sides.computeIfAbsent(eps, h -> sides(v, h)).difference(here, own, element, eps),
            step(1),
            one[i],
            10 * how.tolerance() * scale);
      }
    }
  }

  /** Gradients at both sides of here along a direction. */
  private record Sides(double[][] behind, double[][] ahead) {
    Difference difference(double[][] here, int k, int i, double eps) {
      return Difference.of(behind[k][i], here[k][i], ahead[k][i], eps);
    }
  }

  private Sides sides(List<Tensor> v, double eps) {
    return new Sides(numbers(gradient(moved(v, -eps))), numbers(gradient(moved(v, eps))));
  }

  private static double[][] numbers(List<Tensor> all) {
    return all.stream().map(Tensor::toDoubleArray).toArray(double[][]::new);
  }

  private List<Tensor> reverseOverReverse(List<Tensor> v) {
    try (Level level = Level.open()) {
      List<Tensor> x = at.stream().map(level::variable).toList();
      return level.vjp(gradient(x), v, x).stream().map(level::result).toList();
    }
  }

  private List<Tensor> forwardOverReverse(List<Tensor> v) {
    try (Level level = Level.open()) {
      List<Tensor> x = at.stream().map(level::variable).toList();
      return level.jvp(gradient(x), x, v).stream().map(level::result).toList();
    }
  }

  // -- Judging ------------------------------------------------------------------------------------

  /**
   * A derivative with differences.
   *
   * @param difference for a step
   */
  private void compare(
      Property property,
      String where,
      DoubleFunction<Difference> difference,
      double eps,
      double got,
      double tolerance) {
    Difference d = difference.apply(eps);
    double allowed = tolerance + d.noise() + LEAST;
    if (d.off(got) <= allowed) {
      return;
    }
    boolean kink = d.excuses(got, allowed, eps, difference);
    String sides = kink ? ", %s behind and %s ahead".formatted(d.behind(), d.ahead()) : "";
    String expected = "%s (central difference%s, ε = %s)".formatted(d.central(), sides, eps);
    add(property, where, expected, Double.toString(got), kink);
  }

  /** Two numbers that are equal up to rounding. */
  private void same(
      Property property,
      String where,
      double expected,
      String what,
      double got,
      double scale,
      double times) {
    boolean finite = Double.isFinite(expected) || Double.isFinite(got); // else differences tell
    if (finite && !(Math.abs(expected - got) <= times * how.exactness() * scale)) {
      add(property, where, "%s (%s)".formatted(expected, what), Double.toString(got), false);
    }
  }

  private void add(Property property, String where, String expected, String got, boolean kink) {
    mistakes.add(new Mistake(property, where, expected, got, kink));
  }

  // -- Numbers ------------------------------------------------------------------------------------

  private double step(double x) {
    return how.step() > 0 ? how.step() : STEP * Math.max(1, Math.abs(x));
  }

  /** Random numbers from −1 to 1, alike. */
  private List<Tensor> random(int purpose, List<Tensor> like) {
    List<Tensor> random = new ArrayList<>();
    for (Tensor x : like) {
      Key own = key.fold(purpose).fold(random.size());
      random.add(own.uniform(DType.FLOAT64, x.shape().toArray()).mul(2).sub(1).to(x.dtype()));
    }
    return random;
  }

  /** A direction for all arguments, of length 1. */
  private List<Tensor> directions(int purpose) {
    List<Tensor> d = random(purpose, at);
    double length = Math.sqrt(dot(d, d));
    return length == 0 ? d : d.stream().map(x -> x.div(length)).toList();
  }

  private List<Tensor> moved(List<Tensor> direction, double h) {
    return IntStream.range(0, at.size())
        .mapToObj(k -> at.get(k).add(direction.get(k).mul(h)))
        .toList();
  }

  /** The direction of one element, counted row-major, of argument k. */
  private List<Tensor> unit(int k, int i) {
    List<Tensor> unit = new ArrayList<>();
    for (Tensor x : at) {
      double[] e = new double[Math.toIntExact(x.count())];
      if (unit.size() == k) {
        e[i] = 1;
      }
      unit.add(Tensor.of(e).reshape(x.shape().toArray()));
    }
    return unit;
  }

  private static double dot(List<Tensor> a, List<Tensor> b) {
    return sum(a, b, false);
  }

  private static double dotOfSizes(List<Tensor> a, List<Tensor> b) {
    return sum(a, b, true);
  }

  private static double sum(List<Tensor> a, List<Tensor> b, boolean ofSizes) {
    double sum = 0;
    for (int k = 0; k < a.size(); k++) {
      double[] x = a.get(k).toDoubleArray();
      double[] z = b.get(k).toDoubleArray();
      for (int i = 0; i < x.length; i++) {
        double product = x[i] * z[i];
        sum += ofSizes ? Math.abs(product) : product;
      }
    }
    return sum;
  }

  private static double largest(Tensor x) {
    return Arrays.stream(x.toDoubleArray()).map(Math::abs).max().orElse(0);
  }

  /** Element i, counted row-major, of argument k: x[1] at [2, 0]. */
  private String where(int k, int i) {
    long[] sizes = at.get(k).shape().toArray();
    if (sizes.length == 0) {
      return point.name(k);
    }
    long[] position = new long[sizes.length];
    long rest = i;
    for (int d = sizes.length - 1; d >= 0; d--) {
      position[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    return "%s at %s".formatted(point.name(k), Arrays.toString(position));
  }
}
