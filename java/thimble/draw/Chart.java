package thimble.draw;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A part of a drawing that shows lines over two axes, each line named at its right end. */
public final class Chart {
  /** What the lines keep from the ends of the horizontal axis. */
  private static final int INSET = 12;

  private static final int LABEL_HEIGHT = 17;
  private static final int MOST_DOTS = 30;

  private final Svg svg;
  private final Frame frame;
  private final Axis across;
  private final Axis up;

  /**
   * Where it is in the drawing; the labels of the ticks are to the left and below, the names of
   * lines to the right.
   */
  public record Frame(int left, int right, int top, int bottom) {}

  /**
   * A line; where y is not finite it has a gap.
   *
   * @param label what is written at its right end
   * @param x ascending
   * @param y as many
   */
  public record Line(String label, String colour, double[] x, double[] y) {
    int lastFinite() {
      int i = y.length - 1;
      while (i >= 0 && !Double.isFinite(y[i])) {
        i--;
      }
      return i;
    }
  }

  /**
   * Draws the axes.
   *
   * @param unit what follows the numbers of the vertical axis
   */
  public Chart(Svg svg, Frame frame, Axis across, Axis up, String unit) {
    this.svg = svg;
    this.frame = frame;
    this.across = across;
    this.up = up;
    for (double tick : up.ticks()) {
      double y = y(tick);
      svg.line(frame.left, y, frame.right, y, Svg.GRID);
      svg.text(frame.left - 10, y + 4.5, "end", Svg.QUIET, up.label(tick) + unit);
    }
    svg.line(frame.left, frame.bottom, frame.right, frame.bottom, Svg.QUIET);
    for (double tick : across.ticks()) {
      svg.line(x(tick), frame.bottom, x(tick), frame.bottom + 5, Svg.QUIET);
      svg.text(x(tick), frame.bottom + 20, "middle", Svg.QUIET, across.label(tick));
    }
  }

  /** Draws lines, and their labels moved apart where they would touch. */
  public void lines(List<Line> lines) {
    lines.forEach(this::curve);
    labels(lines);
  }

  /** Draws a straight line of dashes between two places on the axes. */
  public void dashes(double x1, double y1, double x2, double y2, String colour) {
    svg.dashes(x(x1), y(y1), x(x2), y(y2), colour);
  }

  /** Writes beside a place on the axes, to its upper right. */
  public void note(double x, double y, String text, String colour) {
    svg.text(x(x) + 10, y(y) - 4, "start", colour, text);
  }

  /** Draws the runs of finite values; a run of one value, and short curves, get dots. */
  private void curve(Line line) {
    double[] y = line.y;
    List<List<Svg.Point>> runs = new ArrayList<>();
    List<Svg.Point> dots = new ArrayList<>();
    for (int i = 0; i < y.length; i++) {
      if (!Double.isFinite(y[i])) {
        continue;
      }
      boolean joined = i > 0 && Double.isFinite(y[i - 1]);
      boolean alone = !joined && (i + 1 == y.length || !Double.isFinite(y[i + 1]));
      if (!joined) {
        runs.add(new ArrayList<>());
      }
      Svg.Point at = new Svg.Point(x(line.x[i]), y(y[i]));
      runs.getLast().add(at);
      if (alone || y.length <= MOST_DOTS) {
        dots.add(at);
      }
    }
    svg.curve(runs, line.colour);
    dots.forEach(p -> svg.dot(p, line.colour));
  }

  private void labels(List<Line> lines) {
    List<Line> shown =
        lines.stream()
            .filter(s -> s.lastFinite() >= 0)
            .sorted(Comparator.comparingDouble(s -> -s.y[s.lastFinite()]))
            .toList();
    double[] at = shown.stream().mapToDouble(s -> y(s.y[s.lastFinite()])).toArray();
    for (int i = 1; i < at.length; i++) {
      double overlap = LABEL_HEIGHT - (at[i] - at[i - 1]);
      if (overlap > 0) {
        at[i - 1] -= overlap / 2;
        at[i] = at[i - 1] + LABEL_HEIGHT;
      }
    }
    for (int i = 0; i < at.length; i++) {
      Line line = shown.get(i);
      int last = line.x.length - 1;
      double x = x(line.x[last]) + INSET + (last == 0 ? 0 : 6);
      svg.text(x, at[i] + 4.5, "start", line.colour, line.label);
    }
  }

  private double x(double value) {
    return frame.left + INSET + across.position(value) * (frame.right - frame.left - 2 * INSET);
  }

  private double y(double value) {
    return frame.bottom - up.position(value) * (frame.bottom - frame.top);
  }
}
