package thimble.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A drawing of how a training went: loss above, errors below, by epoch. */
public final class LearningCurve {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 560;
  private static final int LEFT = 64;
  private static final int RIGHT = 624;
  private static final int LOSS_TOP = 92;
  private static final int LOSS_BOTTOM = 268;
  private static final int ERROR_TOP = 328;
  private static final int ERROR_BOTTOM = 504;
  private static final int INSET = 12;
  private static final int LABEL_HEIGHT = 17;
  private static final int MOST_DOTS = 30;
  private static final int LONGEST_TITLE = 76;
  private static final double LOG_FROM_RATIO = 20;

  // Keeps a label readable where a grid line passes behind it.
  private static final String HALO = "stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\"";
  private static final String INK = "#1f2328";
  private static final String QUIET = "#59636e";
  private static final String GRID = "#e4e8ec";
  private static final String BLUE = "#0b62c4";
  private static final String ORANGE = "#c2410c";

  private final StringBuilder svg = new StringBuilder();
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

  /** One line of a panel; {@code values} has one for each point. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Series(String name, String colour, double[] values) {
    double[] finite() {
      return Arrays.stream(values).filter(Double::isFinite).toArray();
    }

    int lastFinite() {
      int i = values.length - 1;
      while (i >= 0 && !Double.isFinite(values[i])) {
        i--;
      }
      return i;
    }
  }

  private LearningCurve(List<Point> points) {
    this.points = List.copyOf(points);
    this.epochs = Axis.integers(points.getFirst().epoch(), points.getLast().epoch());
  }

  /**
   * Draws a learning curve.
   *
   * <p>The loss is on a logarithmic scale where it spans more than a factor of 20. The background
   * is white, so that the drawing is readable on a dark page too.
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
    return new LearningCurve(points).draw(title);
  }

  private String draw(String title) {
    String text = escape(shorten(title));
    add(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" \
        role="img" font-family="system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif" \
        font-size="13">
        <title>%s</title>
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        """,
        WIDTH, HEIGHT, WIDTH, HEIGHT, text);
    add(
        "<text x=\"24\" y=\"38\" font-size=\"17\" font-weight=\"600\" fill=\"%s\">%s</text>\n",
        INK, text);
    Series loss = series("loss", BLUE, Point::loss);
    Series train = series("train", BLUE, p -> 100 * p.trainError());
    Series test = series("test", ORANGE, p -> 100 * p.testError());
    Axis errorAxis = Axis.linear(0, Math.max(max(train.finite()), max(test.finite())));
    panel("Training loss", LOSS_TOP, LOSS_BOTTOM, lossAxis(loss.finite()), List.of(loss), "");
    panel("Error", ERROR_TOP, ERROR_BOTTOM, errorAxis, List.of(train, test), " %");
    text((LEFT + RIGHT) / 2.0, ERROR_BOTTOM + 40, "middle", QUIET, "epoch");
    return svg.append("</svg>\n").toString();
  }

  private Series series(String name, String colour, ToDoubleFunction<Point> value) {
    // What is beyond drawing, 10^300, is as good as infinite.
    double[] values = points.stream().mapToDouble(value).toArray();
    Arrays.setAll(values, i -> Math.abs(values[i]) <= 1e300 ? values[i] : Double.NaN);
    return new Series(name, colour, values);
  }

  private static Axis lossAxis(double[] values) {
    double min = min(values);
    double max = max(values);
    return min > 1e-300 && max / min > LOG_FROM_RATIO
        ? Axis.logarithmic(min, max)
        : Axis.linear(min, max);
  }

  private static double min(double... values) {
    return Arrays.stream(values).min().orElse(0);
  }

  private static double max(double... values) {
    return Arrays.stream(values).max().orElse(0);
  }

  private void panel(String name, int top, int bottom, Axis axis, List<Series> lines, String unit) {
    text(
        24,
        top - 20,
        "start",
        INK,
        name + (axis.isLogarithmic() ? ", log scale" : "") + missing(lines));
    for (double tick : axis.ticks()) {
      double y = y(axis, tick, top, bottom);
      line(LEFT, y, RIGHT, y, GRID);
      text(LEFT - 10, y + 4.5, "end", QUIET, axis.label(tick) + unit);
    }
    line(LEFT, bottom, RIGHT, bottom, QUIET);
    for (double tick : epochs.ticks()) {
      line(x(tick), bottom, x(tick), bottom + 5, QUIET);
      text(x(tick), bottom + 20, "middle", QUIET, epochs.label(tick));
    }
    for (Series series : lines) {
      curve(series, axis, top, bottom);
    }
    labels(lines, axis, top, bottom, unit);
  }

  /** What to say of values that cannot be drawn. */
  private static String missing(List<Series> lines) {
    int most = 0;
    int count = 0;
    for (Series series : lines) {
      count = series.values().length;
      most = Math.max(most, count - series.finite().length);
    }
    return most == 0 ? "" : " (not finite at " + most + " of " + count + " epochs)";
  }

  /** Draws the runs of finite values; a run of one value, and short curves, get dots. */
  private void curve(Series series, Axis axis, int top, int bottom) {
    double[] values = series.values();
    StringBuilder path = new StringBuilder();
    List<Integer> dots = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        continue;
      }
      boolean joined = i > 0 && Double.isFinite(values[i - 1]);
      boolean alone = !joined && (i + 1 == values.length || !Double.isFinite(values[i + 1]));
      path.append(joined ? 'L' : 'M')
          .append(number(x(points.get(i).epoch())))
          .append(' ')
          .append(number(y(axis, values[i], top, bottom)));
      if (alone || values.length <= MOST_DOTS) {
        dots.add(i);
      }
    }
    add(
        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\""
            + " stroke-linejoin=\"round\"/>\n",
        path, series.colour());
    for (int i : dots) {
      add(
          "<circle cx=\"%s\" cy=\"%s\" r=\"3\" fill=\"%s\"/>\n",
          number(x(points.get(i).epoch())),
          number(y(axis, values[i], top, bottom)),
          series.colour());
    }
  }

  /**
   * Writes each line's name and last value at its right end, moved apart where they would touch.
   */
  private void labels(List<Series> lines, Axis axis, int top, int bottom, String unit) {
    List<Series> shown =
        lines.stream()
            .filter(s -> s.lastFinite() >= 0)
            .sorted(Comparator.comparingDouble(s -> -s.values()[s.lastFinite()]))
            .toList();
    double[] at = new double[shown.size()];
    for (int i = 0; i < at.length; i++) {
      Series series = shown.get(i);
      at[i] = y(axis, series.values()[series.lastFinite()], top, bottom);
    }
    for (int i = 1; i < at.length; i++) {
      double overlap = LABEL_HEIGHT - (at[i] - at[i - 1]);
      if (overlap > 0) {
        at[i - 1] -= overlap / 2;
        at[i] = at[i - 1] + LABEL_HEIGHT;
      }
    }
    for (int i = 0; i < at.length; i++) {
      Series series = shown.get(i);
      String value = value(series.values()[points.size() - 1], unit);
      double x = x(points.getLast().epoch()) + INSET + (points.size() == 1 ? 0 : 6);
      text(x, at[i] + 4.5, "start", series.colour(), series.name() + " " + value);
    }
  }

  private static String value(double value, String unit) {
    if (!Double.isFinite(value)) {
      return "not finite";
    }
    return unit.isEmpty()
        ? Axis.format(value, 3)
        : String.format(Locale.ROOT, "%.2f", value) + unit;
  }

  private double x(double epoch) {
    return LEFT + INSET + epochs.position(epoch) * (RIGHT - LEFT - 2 * INSET);
  }

  private static double y(Axis axis, double value, int top, int bottom) {
    return bottom - axis.position(value) * (bottom - top);
  }

  private void line(double x1, double y1, double x2, double y2, String colour) {
    add(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\"/>\n",
        number(x1), number(y1), number(x2), number(y2), colour);
  }

  private void text(double x, double y, String anchor, String colour, String text) {
    add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" fill=\"%s\" %s>%s</text>\n",
        number(x), number(y), anchor, colour, HALO, text);
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String shorten(String title) {
    return title.codePointCount(0, title.length()) <= LONGEST_TITLE
        ? title
        : title.substring(0, title.offsetByCodePoints(0, LONGEST_TITLE - 1)) + "…";
  }

  /** Text as XML has it; what XML 1.0 cannot hold at all becomes U+FFFD. */
  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '&' -> escaped.append("&amp;");
            case '<' -> escaped.append("&lt;");
            case '>' -> escaped.append("&gt;");
            default -> {
              boolean allowed =
                  c >= 0x20 && c != 0xFFFE && c != 0xFFFF && (c < 0xD800 || c > 0xDFFF);
              escaped.appendCodePoint(allowed ? c : 0xFFFD);
            }
          }
        });
    return escaped.toString();
  }
}
