package thimble.draw;

import java.util.List;
import java.util.Locale;

/**
 * An SVG document in the making, in pixels from the upper left corner. The background is white, so
 * that it is readable on a dark page too.
 */
public final class Svg {
  /** Text. */
  public static final String INK = "#1f2328";

  /** What says less: ticks, axes. */
  public static final String QUIET = "#59636e";

  /** Lines behind all others. */
  public static final String GRID = "#e4e8ec";

  /** The first thing that is shown. */
  public static final String BLUE = "#0b62c4";

  /** The second. */
  public static final String ORANGE = "#c2410c";

  // Keeps text readable where a line passes behind it.
  private static final String HALO = "stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\"";
  private static final int LONGEST_TITLE = 76;

  private final StringBuilder svg = new StringBuilder();

  /**
   * A drawing with nothing but a heading.
   *
   * @param title one line; shortened if it is too long
   */
  public Svg(int width, int height, String title) {
    String text = escape(shorten(title));
    add(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" \
        role="img" font-family="system-ui, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif" \
        font-size="13">
        <title>%s</title>
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        """,
        width, height, width, height, text);
    add(
        "<text x=\"24\" y=\"38\" font-size=\"17\" font-weight=\"600\" fill=\"%s\">%s</text>\n",
        INK, text);
  }

  /** A straight line. */
  public void line(double x1, double y1, double x2, double y2, String colour) {
    add(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\"/>\n",
        number(x1), number(y1), number(x2), number(y2), colour);
  }

  /** A straight line of dashes. */
  public void dashes(double x1, double y1, double x2, double y2, String colour) {
    add(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\" stroke-dasharray=\"5 4\"/>\n",
        number(x1), number(y1), number(x2), number(y2), colour);
  }

  /**
   * A line through points, in one or several runs.
   *
   * @param runs the points x, y of each
   */
  public void curve(List<? extends List<Point>> runs, String colour) {
    StringBuilder path = new StringBuilder();
    for (List<Point> run : runs) {
      char go = 'M';
      for (Point p : run) {
        path.append(go).append(number(p.x)).append(' ').append(number(p.y));
        go = 'L';
      }
    }
    add(
        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\""
            + " stroke-linejoin=\"round\"/>\n",
        path, colour);
  }

  /** A place in the drawing. */
  public record Point(double x, double y) {}

  /** A small disk. */
  public void dot(Point p, String colour) {
    add("<circle cx=\"%s\" cy=\"%s\" r=\"3\" fill=\"%s\"/>\n", number(p.x), number(p.y), colour);
  }

  /**
   * Text on a line.
   *
   * @param anchor which part of it is at x: start, middle, end
   */
  public void text(double x, double y, String anchor, String colour, String text) {
    add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" fill=\"%s\" %s>%s</text>\n",
        number(x), number(y), anchor, colour, HALO, escape(text));
  }

  /** Text in the middle of a filled shape. */
  public void inside(double x, double y, String colour, String text) {
    add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"middle\" fill=\"%s\">%s</text>\n",
        number(x), number(y), colour, escape(text));
  }

  /**
   * Lines and curves.
   *
   * @param data what SVG calls path data
   * @param fill a colour, or none
   * @param stroke a colour
   */
  public void path(String data, String fill, String stroke, boolean dashed) {
    add(
        "<path d=\"%s\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1.3\"%s/>\n",
        data, fill, stroke, dashed ? " stroke-dasharray=\"5 3\"" : "");
  }

  /** The document as it is by now. */
  @Override
  public String toString() {
    return svg + "</svg>\n";
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
