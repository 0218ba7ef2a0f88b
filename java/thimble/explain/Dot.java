package thimble.explain;

import java.util.List;
import thimble.explain.Explanation.Vertex;

/** The extended graph in the language of Graphviz. */
final class Dot {
  private Dot() {}

  static String text(String title, List<Vertex> vertices, Digits digits) {
    StringBuilder dot = new StringBuilder("digraph thimble {\n");
    dot.append("  label=%s; labelloc=t; rankdir=TB;%n".formatted(quoted(title)));
    dot.append("  node [fontname=\"sans-serif\", style=filled];\n");
    for (int v = 0; v < vertices.size(); v++) {
      Vertex x = vertices.get(v);
      dot.append(
          "  n%d [label=%s, %s];%n"
              .formatted(v, quoted(x.label() + "\n" + value(x, digits)), look(x.part())));
    }
    for (Layered.Edge e : Drawing.edges(vertices)) {
      dot.append("  n%d -> n%d;%n".formatted(e.from(), e.to()));
    }
    return dot.append("}\n").toString();
  }

  private static String value(Vertex v, Digits digits) {
    return switch (v.value()) {
      case Quantity.Scalar(double x) -> digits.text(x);
      case Quantity.Array a -> "%s %s".formatted(a.dtype(), a.shape());
    };
  }

  private static String look(Explanation.Part part) {
    return switch (part) {
      case INPUT -> "shape=box, fillcolor=\"#cfe2fb\", color=\"#0b62c4\"";
      case FORWARD -> "shape=box, fillcolor=\"#eef5fe\", color=\"#0b62c4\"";
      case SEED -> "shape=ellipse, fillcolor=\"#fbd9c4\", color=\"#c2410c\"";
      case IDENTITY ->
          "shape=ellipse, style=\"filled,dashed\", fillcolor=\"#ffffff\", color=\"#c2410c\"";
      case REVERSE -> "shape=octagon, fillcolor=\"#fdf1e9\", color=\"#c2410c\"";
    };
  }

  private static String quoted(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }
}
