package thimble.train;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import thimble.draw.Axis;
import thimble.draw.Chart;
import thimble.draw.Svg;

/** A drawing of how a training went: loss above, errors below, by epoch. */
public final class LearningCurve {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 560;
  private static final Chart.Frame LOSS = new Chart.Frame(64, 624, 92, 268);
  private static final Chart.Frame ERROR = new Chart.Frame(64, 624, 328, 504);
  private static final double LOG_FROM_RATIO = 20;

  private final Svg svg;
  private final List<Point> points;
  private final Axis epochs;

  /**
   * What was measured after one epoch; a value that is not finite leaves a gap.
   *
   * @param epoch the number of the epoch
   * @param loss the mean loss over the training examples
   * @param trainError the part of the training examples that is classified wrongly, 0 to 1
   * @param testError the part of the test examples that is classified wrongly, 0 to 1
   */
  public record Point(int epoch, double loss, double trainError, double testError) {}

  private LearningCurve(String title, List<Point> points) {
    this.svg = new Svg(WIDTH, HEIGHT, title);
    this.points = List.copyOf(points);
    this.epochs = Axis.integers(points.getFirst().epoch(), points.getLast().epoch());
  }

  /**
   * Draws a learning curve.
   *
   * <p>The loss is on a logarithmic scale where it spans more than a factor of 20.
   *
   * @param title what was trained, one line; shortened if it is too long
   * @param points the epochs in ascending order, one at least
   * @return an SVG document
   * @throws IllegalArgumentException if there is no point, or if the epochs do not ascend
   */
  public static String svg(String title, List<Point> points) {
    if (points.isEmpty()) {
      throw new IllegalArgumentException("learning curve: no points");
    }
    for (int i = 1; i < points.size(); i++) {
      if (points.get(i).epoch() <= points.get(i - 1).epoch()) {
        throw new IllegalArgumentException(
            "learning curve: epoch "
                + points.get(i).epoch()
                + " after "
                + points.get(i - 1).epoch());
      }
    }
    return new LearningCurve(title, points).draw();
  }

  private String draw() {
    Chart.Line loss = line("loss", Svg.BLUE, "", Point::loss);
    Chart.Line train = line("train", Svg.BLUE, " %", p -> 100 * p.trainError());
    Chart.Line test = line("test", Svg.ORANGE, " %", p -> 100 * p.testError());
    Axis errorAxis = Axis.linear(0, Math.max(max(finite(train)), max(finite(test))));
    panel("Training loss", LOSS, lossAxis(finite(loss)), List.of(loss), "");
    panel("Error", ERROR, errorAxis, List.of(train, test), " %");
    double middle = (ERROR.left() + ERROR.right()) / 2.0;
    svg.text(middle, ERROR.bottom() + 40, "middle", Svg.QUIET, "epoch");
    return svg.toString();
  }

  /** A line, with its last value in the label. */
  private Chart.Line line(String name, String colour, String unit, ToDoubleFunction<Point> value) {
    // What is beyond drawing, 10^300, is as good as infinite.
    double[] y = points.stream().mapToDouble(value).toArray();
    Arrays.setAll(y, i -> Math.abs(y[i]) <= 1e300 ? y[i] : Double.NaN);
    double[] x = points.stream().mapToDouble(Point::epoch).toArray();
    return new Chart.Line(name + " " + text(y[y.length - 1], unit), colour, x, y);
  }

  private static String text(double value, String unit) {
    if (!Double.isFinite(value)) {
      return "not finite";
    }
    return unit.isEmpty()
        ? Axis.format(value, 3)
        : String.format(Locale.ROOT, "%.2f", value) + unit;
  }

  private static Axis lossAxis(double[] values) {
    double min = Arrays.stream(values).min().orElse(0);
    double max = max(values);
    return min > 1e-300 && max / min > LOG_FROM_RATIO
        ? Axis.logarithmic(min, max)
        : Axis.linear(min, max);
  }

  private static double[] finite(Chart.Line line) {
    return Arrays.stream(line.y()).filter(Double::isFinite).toArray();
  }

  private static double max(double... values) {
    return Arrays.stream(values).max().orElse(0);
  }

  private void panel(
      String name, Chart.Frame frame, Axis axis, List<Chart.Line> lines, String unit) {
    String heading = name + (axis.isLogarithmic() ? ", log scale" : "") + missing(lines);
    svg.text(24, frame.top() - 20, "start", Svg.INK, heading);
    new Chart(svg, frame, epochs, axis, unit).lines(lines);
  }

  /** What to say of values that cannot be drawn. */
  private static String missing(List<Chart.Line> lines) {
    int most = 0;
    int count = 0;
    for (Chart.Line line : lines) {
      count = line.y().length;
      most = Math.max(most, count - finite(line).length);
    }
    return most == 0 ? "" : " (not finite at " + most + " of " + count + " epochs)";
  }
}
