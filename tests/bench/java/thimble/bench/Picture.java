package thimble.bench;

import java.util.List;
import thimble.draw.Axis;
import thimble.draw.Svg;

/**
 * The rows as a chart: for each a bar from 1 to how many times as fast as its reference Thimble is,
 * to the right where it is faster, and a mark where its target is.
 */
final class Picture {
  private static final int WIDTH = 1080;
  private static final int TOP = 104;
  private static final int LINE = 20;
  private static final int BAR = 12;
  private static final int GAP = 10;

  /**
   * Where bars may be; the ids of rows stand to the left, what they are compared with to the right.
   */
  private static final int LEFT = 190;

  private static final int RIGHT = 700;

  private final List<Row> rows;
  private final Axis across;
  private final Svg svg;

  private Picture(List<Row> rows) {
    this.rows = rows;
    double least = rows.stream().mapToDouble(r -> Math.min(r.speed(), r.wanted())).min().orElse(1);
    double most = rows.stream().mapToDouble(r -> Math.max(r.speed(), r.wanted())).max().orElse(1);
    across = Axis.logarithmic(Math.min(least, 0.8), Math.max(most, 1.25));
    svg = new Svg(WIDTH, bottom() + 56, "Thimble's speed as a multiple of each reference's");
  }

  /** The document. */
  static String of(List<Row> rows) {
    return new Picture(rows).draw();
  }

  private String draw() {
    svg.text(
        24, 60, "start", Svg.QUIET, "to the right of 1: Thimble is faster; a stroke: the target");
    svg.text(LEFT + 260, 60, "start", Svg.BLUE, "met");
    svg.text(LEFT + 300, 60, "start", Svg.ORANGE, "missed");
    svg.text(LEFT + 360, 60, "start", Svg.QUIET, "grey: no target");
    for (double tick : across.ticks()) {
      svg.line(x(tick), TOP - 12, x(tick), bottom(), tick == 1 ? Svg.QUIET : Svg.GRID);
      svg.text(x(tick), TOP - 18, "middle", Svg.QUIET, across.label(tick));
      svg.text(x(tick), bottom() + 18, "middle", Svg.QUIET, across.label(tick));
    }
    double y = TOP;
    for (int i = 0; i < rows.size(); i++) {
      y += LINE + (begins(i) ? GAP : 0);
      row(rows.get(i), y);
    }
    return svg.toString();
  }

  private void row(Row row, double y) {
    boolean missed = !row.met().orElse(true);
    String colour = missed ? Svg.ORANGE : Svg.BLUE;
    double from = Math.min(x(1), x(row.speed()));
    double to = Math.max(x(1), x(row.speed()));
    svg.path(
        "M%.1f %.1fH%.1fV%.1fH%.1fZ".formatted(from, y - BAR / 2.0, to, y + BAR / 2.0, from),
        row.target().isPresent() ? colour : "#b6c2cf",
        "none",
        false);
    if (row.target().isPresent()) {
      double at = x(row.wanted());
      svg.path("M%.1f %.1fv%d".formatted(at, y - BAR / 2.0 - 3, BAR + 6), "none", Svg.INK, false);
    }
    svg.text(LEFT - 16, y + 4.5, "end", Svg.INK, row.id());
    String reference = Axis.format(row.speed(), 2) + " × " + row.reference();
    svg.text(RIGHT + 16, y + 4.5, "start", missed ? Svg.ORANGE : Svg.INK, reference);
  }

  /** Whether row i begins a family. */
  private boolean begins(int i) {
    return i > 0 && !family(i).equals(family(i - 1));
  }

  private String family(int i) {
    String id = rows.get(i).id();
    int dot = id.indexOf('.');
    return dot < 0 ? id : id.substring(0, dot);
  }

  private int bottom() {
    int families = 0;
    for (int i = 0; i < rows.size(); i++) {
      families += begins(i) ? 1 : 0;
    }
    return TOP + (rows.size() + 1) * LINE + families * GAP;
  }

  private double x(double speed) {
    return LEFT + across.position(speed) * (RIGHT - LEFT);
  }
}
