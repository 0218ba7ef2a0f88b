package thimble.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import thimble.draw.Axis;
import thimble.draw.Chart;
import thimble.draw.Svg;
import thimble.tensor.Tensor;

/**
 * How far numerical differentiation is off, for a range of steps ε: ‖difference − gradient‖, the
 * gradient being reverse mode's.
 *
 * <p>While ε falls from large values, forward differences are off by about c·ε and central ones by
 * c·ε²: on logarithmic scales straight lines of slope 1 and 2. At small ε what is rounded off in f
 * is divided by ε, and the errors grow again about as r/ε.
 */
public final class ErrorCurve {
  /** How far above what is rounded off an error must be to tell something of the slope. */
  private static final double CLEAR = 100;

  /** How many of the smallest steps say how large r is. */
  private static final int LAST = 3;

  private static final int WIDTH = 760;
  private static final int HEIGHT = 470;
  private static final Chart.Frame FRAME = new Chart.Frame(72, 608, 92, 404);

  private final List<Row> rows;
  private final Fit forward;
  private final Fit central;

  /**
   * The errors at one step.
   *
   * @param eps ε
   * @param forward of {@link Numeric#forward(double)}
   * @param central of {@link Numeric#central(double)}
   */
  public record Row(double eps, double forward, double central) {}

  /**
   * What the errors of one kind of difference show.
   *
   * @param slope of log error over log ε, where rounding does not show: the median between
   *     neighbours; NaN if there are not two such
   * @param eps the step at which the error was smallest
   * @param error that error
   * @param rounding r: below eps, errors are up to r/ε
   */
  public record Fit(double slope, double eps, double error, double rounding) {}

  private ErrorCurve(List<Row> rows) {
    this.rows = List.copyOf(rows);
    this.forward = fit(rows, Row::forward);
    this.central = fit(rows, Row::central);
  }

  /** Measures at ε = 1e-1, 1e-1.5, 1e-2, … 1e-13. */
  public static <T> ErrorCurve of(Function<? super T, Tensor> f, T x) {
    double[] eps = new double[25];
    Arrays.setAll(eps, i -> Math.pow(10, -1 - i / 2.0));
    return of(f, x, eps);
  }

  /**
   * Measures at these steps.
   *
   * @param f gives a tensor with one element
   * @throws IllegalArgumentException if there are less than four steps, or one is lost in rounding:
   *     x + ε = x
   */
  public static <T> ErrorCurve of(Function<? super T, Tensor> f, T x, double... eps) {
    if (eps.length <= LAST) {
      throw new IllegalArgumentException(
          "error curve: %d steps: takes four at least".formatted(eps.length));
    }
    T at = Numeric.inFloat64(x);
    double[] gradient = Numeric.numbers(Grad.<T>grad(f).apply(at));
    List<Row> rows = new ArrayList<>();
    for (double e : Arrays.stream(eps).sorted().toArray()) {
      double forward = distance(Numeric.forward(e).gradient(f, at), gradient);
      double central = distance(Numeric.central(e).gradient(f, at), gradient);
      rows.add(new Row(e, forward, central));
    }
    return new ErrorCurve(rows.reversed());
  }

  private static double distance(Numeric.Estimate<?> estimate, double[] gradient) {
    double[] d = Numeric.numbers(estimate.value());
    double sum = 0;
    for (int i = 0; i < d.length; i++) {
      sum += (d[i] - gradient[i]) * (d[i] - gradient[i]);
    }
    return Math.sqrt(sum);
  }

  private static Fit fit(List<Row> rows, ToDoubleFunction<Row> error) {
    double rounding =
        rows.subList(rows.size() - LAST, rows.size()).stream()
            .mapToDouble(r -> error.applyAsDouble(r) * r.eps)
            .max()
            .orElseThrow();
    List<Row> clear =
        rows.stream().filter(r -> error.applyAsDouble(r) * r.eps > CLEAR * rounding).toList();
    List<Double> slopes = new ArrayList<>();
    for (int i = 1; i < clear.size(); i++) {
      Row a = clear.get(i - 1);
      Row b = clear.get(i);
      slopes.add(
          Math.log(error.applyAsDouble(a) / error.applyAsDouble(b)) / Math.log(a.eps / b.eps));
    }
    Row best = rows.getFirst();
    for (Row r : rows) {
      best = error.applyAsDouble(r) < error.applyAsDouble(best) ? r : best;
    }
    return new Fit(median(slopes), best.eps, error.applyAsDouble(best), rounding);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    return n == 0 ? Double.NaN : (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
  }

  /** The errors, from the largest step to the smallest. */
  public List<Row> rows() {
    return rows;
  }

  /** What the errors of forward differences show. */
  public Fit forward() {
    return forward;
  }

  /** What the errors of central differences show. */
  public Fit central() {
    return central;
  }

  /** The errors as a table, a line for each step, and below it what they show. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    add(text, "     ε    forward    central");
    for (Row r : rows) {
      add(text, "%6.0e  %9.2e  %9.2e", r.eps, r.forward, r.central);
    }
    add(text, "slope   %9.2f  %9.2f", forward.slope, central.slope);
    add(text, "least   %9.2e  %9.2e", forward.error, central.error);
    add(text, "at ε    %9.0e  %9.0e", forward.eps, central.eps);
    return text.toString();
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static void add(StringBuilder text, String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /**
   * The errors as a drawing on logarithmic scales.
   *
   * @param title one line: of which function
   * @return an SVG document
   */
  public String svg(String title) {
    Svg svg = new Svg(WIDTH, HEIGHT, title);
    List<Row> drawn = rows.reversed();
    double[] eps = drawn.stream().mapToDouble(Row::eps).toArray();
    double[] errors =
        rows.stream()
            .flatMapToDouble(r -> Arrays.stream(new double[] {r.forward, r.central}))
            .filter(e -> e > 0 && Double.isFinite(e))
            .toArray();
    double least = Arrays.stream(errors).min().orElse(1e-16);
    double most = Arrays.stream(errors).max().orElse(1);
    Axis across = Axis.logarithmic(eps[0], eps[eps.length - 1]);
    svg.text(24, FRAME.top() - 20, "start", Svg.INK, "Error of the gradient, log scales");
    Chart chart = new Chart(svg, FRAME, across, Axis.logarithmic(least, most), "");
    double r = Math.max(forward.rounding, central.rounding);
    double from = Math.max(eps[0], r / most);
    double to = Math.min(eps[eps.length - 1], r / least);
    if (from < to) {
      chart.dashes(from, r / from, to, r / to, Svg.QUIET);
      double at = Math.sqrt(from * Math.sqrt(from * to)); // a quarter of the way
      chart.note(at, r / at, "rounding, slope −1", Svg.QUIET);
    }
    chart.lines(
        List.of(
            line("forward", Svg.BLUE, eps, drawn, Row::forward, forward.slope),
            line("central", Svg.ORANGE, eps, drawn, Row::central, central.slope)));
    double middle = (FRAME.left() + FRAME.right()) / 2.0;
    svg.text(middle, FRAME.bottom() + 40, "middle", Svg.QUIET, "step ε");
    return svg.toString();
  }

  /** No error at all is beyond a logarithmic scale: a gap. */
  private static Chart.Line line(
      String name,
      String colour,
      double[] eps,
      List<Row> rows,
      ToDoubleFunction<Row> error,
      double slope) {
    double[] errors = rows.stream().mapToDouble(error).map(e -> e > 0 ? e : Double.NaN).toArray();
    String label =
        Double.isNaN(slope) ? name : String.format(Locale.ROOT, "%s, slope %.2f", name, slope);
    return new Chart.Line(label, colour, eps, errors);
  }
}
