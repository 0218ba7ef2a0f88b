package thimble.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import thimble.draw.Svg;
import thimble.explain.Explanation.Part;
import thimble.explain.Explanation.Vertex;

/**
 * The extended graph as a drawing: inputs above, below them what is computed, below that what
 * reverse mode adds, told apart by colour and by shape.
 */
final class Drawing {
  /** More nodes than that nobody can read. */
  static final int MOST = 300;

  private static final double LETTER = 7.3;
  private static final int LONGEST = 44;
  private static final double HEIGHT = 46;
  private static final double LAYER = 88;
  private static final double MARGIN = 28;
  private static final double TOP = 92;
  private static final double LEGEND = 22;
  private static final double NARROWEST = 560;

  /** How a part of the graph looks. */
  private enum Look {
    INPUT("variable", "#cfe2fb", Svg.BLUE, false),
    FORWARD("computed by the function", "#eef5fe", Svg.BLUE, false),
    SEED("adjoint of the result, given", "#fbd9c4", Svg.ORANGE, false),
    IDENTITY("added by reverse mode: identity", "#ffffff", Svg.ORANGE, true),
    REVERSE("added by reverse mode", "#fdf1e9", Svg.ORANGE, false);

    private final String meaning;
    private final String fill;
    private final String stroke;
    private final boolean dashed;

    Look(String meaning, String fill, String stroke, boolean dashed) {
      this.meaning = meaning;
      this.fill = fill;
      this.stroke = stroke;
      this.dashed = dashed;
    }
  }

  private final List<Vertex> vertices;
  private final Digits digits;
  private final List<Layered.Edge> edges;
  private final double[] widths;
  private final Layered layout;
  private final double top;

  private Drawing(List<Vertex> vertices, Digits digits) {
    if (vertices.size() > MOST) {
      throw new IllegalArgumentException(
          "a drawing of %d nodes: at most %d can be read".formatted(vertices.size(), MOST));
    }
    this.vertices = vertices;
    this.digits = digits;
    this.edges = edges(vertices);
    this.widths =
        vertices.stream()
            .mapToDouble(v -> LETTER * Math.max(width(shorten(v.label())), width(value(v))) + 26)
            .toArray();
    this.layout = new Layered(widths, layers(), edges);
    this.top = TOP + LEGEND * (legend(Optional.empty()) - 1);
  }

  /**
   * The drawing as SVG.
   *
   * @param title one line
   */
  static String svg(String title, List<Vertex> vertices, Digits digits) {
    return new Drawing(vertices, digits).draw(title);
  }

  static List<Layered.Edge> edges(List<Vertex> vertices) {
    Set<Layered.Edge> edges = new LinkedHashSet<>();
    for (int v = 0; v < vertices.size(); v++) {
      for (int from : vertices.get(v).from()) {
        edges.add(new Layered.Edge(from, v));
      }
    }
    return List.copyOf(edges);
  }

  private static boolean isAdded(Vertex v) {
    return switch (v.part()) {
      case INPUT, FORWARD -> false;
      case SEED, IDENTITY, REVERSE -> true;
    };
  }

  /** Below all that it is made from; what reverse mode adds below all else, as late as it can. */
  private int[] layers() {
    int[] layers = new int[vertices.size()];
    int result = 0;
    for (int v = 0; v < layers.length; v++) {
      layers[v] = vertices.get(v).part() == Part.SEED ? result + 1 : 0;
      for (int from : vertices.get(v).from()) {
        layers[v] = Math.max(layers[v], layers[from] + 1);
      }
      result = isAdded(vertices.get(v)) ? result : Math.max(result, layers[v]);
    }
    int[] latest = new int[layers.length];
    Arrays.fill(latest, Integer.MAX_VALUE);
    for (int v = layers.length - 1; v >= 0; v--) {
      boolean moves = isAdded(vertices.get(v)) && vertices.get(v).part() != Part.SEED;
      if (moves && latest[v] < Integer.MAX_VALUE) {
        layers[v] = latest[v];
      }
      for (int from : vertices.get(v).from()) {
        latest[from] = Math.min(latest[from], layers[v] - 1);
      }
    }
    return layers;
  }

  // -- Drawing ------------------------------------------------------------------------------------

  private String draw(String title) {
    double width = drawingWidth();
    double height = top + (layout.layers() - 1) * LAYER + HEIGHT + MARGIN;
    Svg svg = new Svg((int) Math.ceil(width), (int) Math.ceil(height), title);
    legend(Optional.of(svg));
    double left = (width - layout.width()) / 2;
    for (int e = 0; e < edges.size(); e++) {
      edge(svg, e, left);
    }
    for (int v = 0; v < vertices.size(); v++) {
      node(svg, vertices.get(v), left + layout.x(v), y(layout.layer(v)), widths[v]);
    }
    return svg.toString();
  }

  private double drawingWidth() {
    return Math.max(NARROWEST, layout.width() + 2 * MARGIN);
  }

  private double y(int layer) {
    return top + layer * LAYER;
  }

  /** Draws the legend, if there is something to draw on, and tells how many rows it takes. */
  private int legend(Optional<Svg> svg) {
    int row = 0;
    double x = 24;
    for (Part part : Part.values()) {
      long count = vertices.stream().filter(v -> v.part() == part).count();
      if (count > 0) {
        String text = "%s (%d)".formatted(Look.valueOf(part.name()).meaning, count);
        if (x + 40 + LETTER * text.length() > drawingWidth()) {
          row++;
          x = 24;
        }
        double left = x;
        double y = 62 + LEGEND * row;
        svg.ifPresent(s -> {
          shape(s, part, left + 13, y, 26, 15);
          s.text(left + 34, y + 4.5, "start", Svg.INK, text);
        });
        x += 54 + LETTER * text.length();
      }
    }
    return row + 1;
  }

  private void node(Svg svg, Vertex v, double x, double y, double width) {
    shape(svg, v.part(), x, y + HEIGHT / 2, width, HEIGHT);
    svg.inside(x, y + 20, Svg.INK, shorten(v.label()));
    svg.inside(x, y + 37, Svg.QUIET, value(v));
  }

  /** A box for what the function computes, with cut corners for what is added, a pill for id. */
  private static void shape(Svg svg, Part part, double x, double y, double w, double h) {
    Look look = Look.valueOf(part.name());
    double corner = Math.min(10, h / 3);
    String path =
        switch (part) {
          case INPUT, FORWARD -> rounded(x, y, w, h, corner / 2);
          case SEED, IDENTITY -> rounded(x, y, w, h, h / 2);
          case REVERSE -> cut(x, y, w, h, corner);
        };
    svg.path(path, look.fill, look.stroke, look.dashed);
  }

  private static String rounded(double x, double y, double w, double h, double r) {
    double straight = w - 2 * r;
    double down = h - 2 * r;
    return format(
        "M%s %sh%sa%s %s 0 0 1 %s %sv%sa%s %s 0 0 1 %s %sh%sa%s %s 0 0 1 %s %sv%sa%s %s 0 0 1 %s %sz",
        x - w / 2 + r,
        y - h / 2,
        straight,
        r,
        r,
        r,
        r,
        down,
        r,
        r,
        -r,
        r,
        -straight,
        r,
        r,
        -r,
        -r,
        -down,
        r,
        r,
        r,
        -r);
  }

  private static String cut(double x, double y, double w, double h, double c) {
    return format(
        "M%s %sh%sl%s %sv%sl%s %sh%sl%s %sv%sz",
        x - w / 2 + c, y - h / 2, w - 2 * c, c, c, h - 2 * c, -c, c, 2 * c - w, -c, -c, 2 * c - h);
  }

  private void edge(Svg svg, int e, double left) {
    Layered.Edge edge = edges.get(e);
    double[] route = layout.route(e);
    int first = layout.layer(edge.from());
    StringBuilder path = new StringBuilder();
    double x = left + route[0];
    double y = y(first) + HEIGHT;
    path.append(format("M%s %s", x, y));
    for (int i = 1; i < route.length; i++) {
      boolean last = i == route.length - 1;
      double nextX = left + route[i] + (last ? port(e) : 0);
      double nextY = y(first + i) - (last ? 5 : 0);
      double bend = (nextY - y) / 2;
      path.append(format("C%s %s %s %s %s %s", x, y + bend, nextX, nextY - bend, nextX, nextY));
      x = nextX;
      y = nextY;
      if (!last) {
        path.append(format("v%s", HEIGHT));
        y += HEIGHT;
      }
    }
    String colour = colour(edge);
    svg.path(path.toString(), "none", colour, false);
    svg.path(format("M%s %sl-3.5 -7h7z", x, y + 5), colour, colour, false);
  }

  private String colour(Layered.Edge e) {
    boolean from = isAdded(vertices.get(e.from()));
    boolean to = isAdded(vertices.get(e.to()));
    return !to ? Svg.BLUE : from ? Svg.ORANGE : "#9aa4ae";
  }

  /** Where an edge ends at its node, from the middle: edges into one node are side by side. */
  private double port(int e) {
    int to = edges.get(e).to();
    List<Integer> into = new ArrayList<>();
    for (int k = 0; k < edges.size(); k++) {
      if (edges.get(k).to() == to) {
        into.add(k);
      }
    }
    into.sort(Comparator.comparingDouble(k -> before(k)));
    double step = Math.min(18, widths[to] / (into.size() + 1));
    return (into.indexOf(e) - (into.size() - 1) / 2.0) * step;
  }

  /** Where an edge is one layer above its end. */
  private double before(int e) {
    double[] route = layout.route(e);
    return route[route.length - 2];
  }

  // -- Texts --------------------------------------------------------------------------------------

  private String value(Vertex v) {
    return switch (v.value()) {
      case Quantity.Scalar(double x) -> digits.text(x);
      case Quantity.Array a -> "%s %s".formatted(a.dtype(), a.shape());
    };
  }

  private static String shorten(String label) {
    return label.length() <= LONGEST ? label : label.substring(0, LONGEST - 1) + "…";
  }

  private static int width(String text) {
    return (int)
        text.codePoints().filter(c -> Character.getType(c) != Character.NON_SPACING_MARK).count();
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static String format(String path, Object... numbers) {
    Object[] rounded = new Object[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      rounded[i] = String.format(Locale.ROOT, "%.1f", (double) numbers[i]);
    }
    return path.formatted(rounded);
  }
}
