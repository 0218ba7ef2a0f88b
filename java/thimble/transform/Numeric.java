package thimble.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import thimble.tensor.DType;
import thimble.tensor.DTypeException;
import thimble.tensor.Key;
import thimble.tensor.Shape;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/**
 * Numerical differentiation: derivatives from values of a function alone, in float64.
 *
 * <p>For a function of n numbers, eᵢ the unit vector of number i and ε a small step:
 *
 * <table>
 * <caption>The two differences</caption>
 * <tr><th></th><th>∂f/∂xᵢ ≈</th><th>error</th><th>evaluations of f</th></tr>
 * <tr><td>{@link #forward()}</td><td>(f(x + εeᵢ) − f(x)) / ε</td><td>O(ε)</td><td>n + 1</td></tr>
 * <tr><td>{@link #central()}</td><td>(f(x + εeᵢ) − f(x − εeᵢ)) / 2ε</td><td>O(ε²)</td><td>2n</td></tr>
 * </table>
 *
 * The errors are those of Taylor's series; to them comes what is rounded off in f, about
 * 1e-16·|f|/ε, so that a smaller step is not always a better one: {@link ErrorCurve} shows it. As a
 * derivative is paid for number by number, this is what others are checked against, not what one
 * trains with.
 *
 * <p>A function takes what one of {@link Grad} takes. Its argument is converted to float64, and so
 * it computes in float64 unless it converts by itself. What is found are numbers without history.
 */
public final class Numeric {
  /** ∛u: where the errors of Taylor's series and of rounding are alike, for central differences. */
  private static final double CENTRAL_STEP = 6e-6;

  /** √u: the same for forward differences. */
  private static final double FORWARD_STEP = 1.5e-8;

  private final boolean central;

  /** 0 is for one that goes with x. */
  private final double eps;

  private Numeric(boolean central, double eps) {
    this.central = central;
    this.eps = eps;
  }

  /**
   * What was found, and at which cost.
   *
   * @param value the derivative
   * @param evaluations how often the function was called
   */
  public record Estimate<T>(T value, long evaluations) {}

  /**
   * A derivative along one direction, by differences and by reverse mode.
   *
   * @param direction δ, of the form of x
   * @param difference (f(x + εδ) − f(x − εδ)) / 2ε, or (f(x + εδ) − f(x)) / ε
   * @param gradient δᵀ∇f, by reverse mode
   * @param evaluations how often the difference called the function: twice, whatever the size of x
   */
  public record Directional<T>(T direction, double difference, double gradient, long evaluations) {
    /** |difference − gradient|. */
    public double error() {
      return Math.abs(difference - gradient);
    }
  }

  /** Forward differences, by steps of 1.5e-8·max(1, |xᵢ|). */
  public static Numeric forward() {
    return new Numeric(false, 0);
  }

  /**
   * Forward differences.
   *
   * @param eps the step, the same for every number
   * @throws IllegalArgumentException unless it is above 0 and finite
   */
  public static Numeric forward(double eps) {
    return new Numeric(false, checked(eps));
  }

  /** Central differences, by steps of 6e-6·max(1, |xᵢ|). */
  public static Numeric central() {
    return new Numeric(true, 0);
  }

  /** Central differences; as {@link #forward(double)}. */
  public static Numeric central(double eps) {
    return new Numeric(true, checked(eps));
  }

  private static double checked(double eps) {
    if (!(eps > 0 && eps < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "numeric: a step of %s: must be above 0 and finite".formatted(eps));
    }
    return eps;
  }

  /**
   * ∂f/∂x, of the form and shapes of x.
   *
   * @param f gives a tensor with one element
   * @throws ShapeException if it gives more
   * @throws IllegalArgumentException if the step is lost in rounding: x + ε = x
   */
  public <T> Estimate<T> gradient(Function<? super T, Tensor> f, T x) {
    Probe<T> probe = new Probe<>(f, x);
    double[][] columns = columns(probe);
    if (probe.shape().count() != 1) {
      throw new ShapeException(
          "numeric: the function gives %s, not one number; take its jacobian"
              .formatted(probe.shape()));
    }
    double[] partials = Arrays.stream(columns).mapToDouble(c -> c[0]).toArray();
    return new Estimate<>(probe.like(partials), probe.evaluations);
  }

  /**
   * J[i…, j…] = ∂f(x)[i…]/∂x[j…]: the axes of the result, then those of x.
   *
   * @throws IllegalArgumentException if the step is lost in rounding: x + ε = x
   */
  public Estimate<Tensor> jacobian(Function<? super Tensor, Tensor> f, Tensor x) {
    Probe<Tensor> probe = new Probe<>(f, x);
    double[][] columns = columns(probe);
    int n = columns.length;
    int m = Math.toIntExact(probe.shape().count());
    double[] all = new double[Math.multiplyExact(m, n)];
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < m; i++) {
        all[i * n + j] = columns[j][i];
      }
    }
    long[] axes =
        LongStream.concat(
                Arrays.stream(probe.shape().toArray()), Arrays.stream(x.shape().toArray()))
            .toArray();
    return new Estimate<>(Tensor.of(all).reshape(axes), probe.evaluations);
  }

  /**
   * J·δ, the derivative along a direction, of the shape of f(x): two evaluations. The step is
   * 6e-6·max(1, r) or 1.5e-8·max(1, r), r the root of the mean square of x, unless it was given.
   *
   * @param direction δ, of the form and shapes of x
   */
  public <T> Estimate<Tensor> along(Function<? super T, Tensor> f, T x, T direction) {
    Probe<T> probe = new Probe<>(f, x);
    double[] d = numbers(direction);
    if (d.length != probe.x.length) {
      throw new ShapeException(
          "numeric: a direction of %d elements for %d".formatted(d.length, probe.x.length));
    }
    double h = step(Math.sqrt(Arrays.stream(probe.x).map(v -> v * v).average().orElse(0)));
    double[] ahead = probe.value(d, h);
    double[] behind = probe.value(d, central ? -h : 0);
    double[] slope = difference(ahead, behind, central ? 2 * h : h);
    return new Estimate<>(Tensor.of(slope).reshape(probe.shape().toArray()), probe.evaluations);
  }

  /**
   * Compares reverse mode with a difference along a random direction of length 1: whether a whole
   * gradient is right, for two evaluations.
   *
   * @param f gives a tensor with one element
   * @param key of the direction: the same key, the same direction
   */
  public <T> Directional<T> check(Function<? super T, Tensor> f, T x, Key key) {
    T direction = direction(x, key);
    Estimate<Tensor> along = along(f, x, direction);
    double[] g = numbers(Grad.<T>grad(f).apply(inFloat64(x)));
    double[] d = numbers(direction);
    double gradient = IntStream.range(0, d.length).mapToDouble(i -> d[i] * g[i]).sum();
    return new Directional<>(direction, along.value().item(), gradient, along.evaluations());
  }

  /** A random direction at x, of its form: normal numbers, scaled to length 1 all together. */
  public static <T> T direction(T x, Key key) {
    List<Tensor> d = new ArrayList<>();
    for (Tensor leaf : Tree.leaves(x)) {
      d.add(key.fold(d.size()).normal(DType.FLOAT64, leaf.shape().toArray()));
    }
    double length = Math.sqrt(Arrays.stream(numbers(d)).map(v -> v * v).sum());
    return Tree.like(x, d.stream().map(v -> v.div(length)).toList());
  }

  /** All elements of a structure, one after the other. */
  static double[] numbers(Object tree) {
    return Tree.leaves(tree).stream()
        .flatMapToDouble(v -> Arrays.stream(v.toDoubleArray()))
        .toArray();
  }

  /** The same numbers in float64. */
  static <T> T inFloat64(T tree) {
    List<Tensor> leaves = Tree.leaves(tree);
    for (Tensor leaf : leaves) {
      if (!leaf.dtype().isFloating()) {
        throw new DTypeException(
            "numeric: a derivative with respect to %s %s: only float32 and float64 have one"
                .formatted(leaf.dtype(), leaf.shape()));
      }
    }
    return Tree.like(tree, leaves.stream().map(v -> v.to(DType.FLOAT64)).toList());
  }

  /** The step at a number of that size. */
  private double step(double size) {
    return eps > 0 ? eps : (central ? CENTRAL_STEP : FORWARD_STEP) * Math.max(1, Math.abs(size));
  }

  /** ∂f/∂xᵢ for each i. */
  private <T> double[][] columns(Probe<T> probe) {
    int n = probe.x.length;
    double[][] columns = new double[n][];
    double @Nullable [] here = central && n > 0 ? null : probe.value();
    for (int i = 0; i < n; i++) {
      double x = probe.x[i];
      double h = step(x);
      double low = here == null ? x - h : x;
      double distance = (x + h) - low; // as float64 has it
      if (distance == 0) {
        throw new IllegalArgumentException(
            "numeric: a step of %s is lost in rounding: element %d is %s".formatted(h, i, x));
      }
      double[] ahead = probe.value(i, x + h);
      columns[i] = difference(ahead, here == null ? probe.value(i, low) : here, distance);
    }
    return columns;
  }

  private static double[] difference(double[] ahead, double[] behind, double distance) {
    if (ahead.length != behind.length) {
      throw new ShapeException(
          "numeric: the function gives %d elements here and %d there"
              .formatted(ahead.length, behind.length));
    }
    double[] slope = new double[ahead.length];
    Arrays.setAll(slope, i -> (ahead[i] - behind[i]) / distance);
    return slope;
  }

  /** A function at a point in float64, from which one may look around; counts how often. */
  private static final class Probe<T> {
    final Function<? super T, Tensor> f;
    final T form;
    final double[] x;
    long evaluations;
    private Shape shape = Shape.of();

    Probe(Function<? super T, Tensor> f, T x) {
      this.f = f;
      this.form = inFloat64(x);
      this.x = numbers(form);
    }

    /** A structure like x with these numbers. */
    T like(double[] numbers) {
      List<Tensor> leaves = new ArrayList<>();
      int from = 0;
      for (Tensor leaf : Tree.leaves(form)) {
        int to = from + Math.toIntExact(leaf.count());
        double[] part = Arrays.copyOfRange(numbers, from, to);
        leaves.add(Tensor.of(part).reshape(leaf.shape().toArray()));
        from = to;
      }
      return Tree.like(form, leaves);
    }

    /** f(x). */
    double[] value() {
      return at(x);
    }

    /** f with another number for element i of x. */
    double[] value(int i, double number) {
      double[] moved = x.clone();
      moved[i] = number;
      return at(moved);
    }

    /** f(x + h·d). */
    double[] value(double[] d, double h) {
      double[] moved = x.clone();
      Arrays.setAll(moved, i -> x[i] + h * d[i]);
      return at(moved);
    }

    private double[] at(double[] numbers) {
      evaluations++;
      Tensor y = f.apply(like(numbers));
      shape = y.shape();
      return y.toDoubleArray();
    }

    /** Of the results. */
    Shape shape() {
      return shape;
    }
  }
}
