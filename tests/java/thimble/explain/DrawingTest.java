package thimble.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import thimble.draw.SvgElement;

/** Graphs as drawings: nothing lies on anything else, and everything is there. */
class DrawingTest {
  private static Explanation explain(String text, double... at) {
    Expr f = Expr.parse(text);
    Map<String, Double> point = new LinkedHashMap<>();
    for (int i = 0; i < at.length; i++) {
      point.put(f.symbols().get(i), at[i]);
    }
    return Explanation.of(f, point);
  }

  @Test
  void theArticlesGraphHasAllItsNodesInTheirColours() throws Exception {
    Explanation e = explain("ln(x1) + x1*x2 - sin(x2)", 2, 5);
    String svg = e.svg(Digits.THREE);
    List<SvgElement> elements = SvgElement.parse(svg);
    List<String> texts =
        elements.stream().filter(x -> x.name().equals("text")).map(SvgElement::text).toList();

    assertEquals("y = ln x1 + x1·x2 − sin x2", texts.getFirst());
    for (Explanation.Vertex v : e.extended()) {
      assertTrue(texts.contains(v.label()), v.label());
    }
    assertEquals(2 + 1, filled(elements, "#cfe2fb"), "variables and the legend's");
    assertEquals(5 + 1, filled(elements, "#eef5fe"), "forward nodes");
    assertEquals(1 + 1, filled(elements, "#fbd9c4"), "seed");
    assertEquals(8 + 1, filled(elements, "#fdf1e9"), "reverse nodes");
    assertEquals(
        3 + 1,
        elements.stream().filter(x -> x.attributes().containsKey("stroke-dasharray")).count(),
        "identities");
    assertEquals(svg, explain("ln(x1) + x1*x2 - sin(x2)", 2, 5).svg(Digits.THREE));
    assertTrue(!svg.contains("NaN") && !svg.contains("Infinity"));
  }

  private static long filled(List<SvgElement> elements, String colour) {
    return elements.stream().filter(x -> colour.equals(x.attributes().get("fill"))).count();
  }

  @Test
  void labelsAreEscapedAndLongOnesShortened() throws Exception {
    Explanation e = explain("where(x1 < 2, x1, where(x1 >= 3, x1^2, sin(x1)))", 2);

    String all =
        String.join(
            "\n", SvgElement.parse(e.svg(Digits.ALL)).stream().map(SvgElement::text).toList());
    assertTrue(all.contains("v2 = v1 < 2"), all);
    assertTrue(e.dot(Digits.ALL).contains("v1 < 2"));
  }

  /** 200 random graphs: boxes of a layer are apart, edges run down and through no box. */
  @Test
  void nothingLiesOnAnythingElse() {
    Random random = new Random(3);
    for (int round = 0; round < 200; round++) {
      int n = 1 + random.nextInt(40);
      int[] layer = new int[n];
      double[] widths = new double[n];
      Set<Layered.Edge> edges = new HashSet<>();
      for (int v = 0; v < n; v++) {
        widths[v] = 30 + random.nextInt(200);
        for (int k = random.nextInt(4); k > 0 && v > 0; k--) {
          int from = Math.max(0, v - 1 - random.nextInt(12));
          edges.add(new Layered.Edge(from, v));
          layer[v] = Math.max(layer[v], layer[from] + 1);
        }
      }
      List<Layered.Edge> list = List.copyOf(edges);
      check(new Layered(widths, layer, list), widths, list);
    }
  }

  private static void check(Layered l, double[] widths, List<Layered.Edge> edges) {
    for (int a = 0; a < widths.length; a++) {
      assertTrue(l.x(a) - widths[a] / 2 > -1e-6 && l.x(a) + widths[a] / 2 < l.width() + 1e-6);
      for (int b = 0; b < a; b++) {
        double apart = Math.abs(l.x(a) - l.x(b)) - (widths[a] + widths[b]) / 2;
        assertTrue(l.layer(a) != l.layer(b) || apart > 20, "nodes are " + apart + " apart");
      }
    }
    for (int e = 0; e < edges.size(); e++) {
      double[] route = l.route(e);
      int first = l.layer(edges.get(e).from());
      assertEquals(l.layer(edges.get(e).to()), first + route.length - 1);
      for (int i = 1; i < route.length - 1; i++) {
        for (int v = 0; v < widths.length; v++) {
          double apart = Math.abs(route[i] - l.x(v)) - widths[v] / 2;
          assertTrue(l.layer(v) != first + i || apart > 10, "an edge is " + apart + " from a node");
        }
      }
    }
  }

  @Test
  void aPathIsStraightAndATreeHasNoCrossings() {
    List<Layered.Edge> edges = new ArrayList<>();
    for (int v = 1; v < 10; v++) {
      edges.add(new Layered.Edge(v - 1, v));
    }
    Layered path =
        new Layered(
            new double[] {50, 60, 70, 80, 90, 50, 50, 50, 50, 50},
            new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
            edges);
    for (int v = 1; v < 10; v++) {
      assertEquals(path.x(0), path.x(v), 0.5);
    }
    // 0 and 1 above, each with two below, given crosswise.
    Layered tree =
        new Layered(
            new double[] {50, 50, 50, 50, 50, 50},
            new int[] {0, 0, 1, 1, 1, 1},
            List.of(
                new Layered.Edge(0, 2),
                new Layered.Edge(1, 3),
                new Layered.Edge(0, 4),
                new Layered.Edge(1, 5)));
    boolean left = tree.x(0) < tree.x(1);
    double nearest = Math.max(tree.x(2), tree.x(4));
    double farthest = Math.min(tree.x(3), tree.x(5));
    assertTrue(
        left
            ? nearest < farthest
            : Math.max(tree.x(3), tree.x(5)) < Math.min(tree.x(2), tree.x(4)));
  }
}
