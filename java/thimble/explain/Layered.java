package thimble.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Places a directed graph without cycles in layers, from top to bottom, after Sugiyama: each node
 * below all that it has an edge from, edges through a place in each layer on their way, the order
 * in a layer by the mean of the neighbours' places, as long as edges cross less, and last the
 * distances: each place as near to the middle of its neighbours as the others in its layer let it.
 */
final class Layered {
  private static final int SWEEPS = 24;
  private static final int SETTLINGS = 200;
  private static final double GAP = 26;
  private static final double DUMMY_GAP = 14;

  /** How much more an edge is to be straight on its way than at its ends. */
  private static final double STIFFNESS = 8;

  /** How much what has no edge is to be in the middle. */
  private static final double LOOSE = 1e-3;

  private final int[] layer;
  private final List<Double> widths;
  private final List<List<Integer>> above = new ArrayList<>();
  private final List<List<Integer>> below = new ArrayList<>();
  private final int nodes;

  /** The chain of places of each edge, from its node to its node. */
  private final List<List<Integer>> chains = new ArrayList<>();

  private final List<Integer> layerOf = new ArrayList<>();
  private List<List<Integer>> layers = new ArrayList<>();
  private double[] x = {};

  /** An edge. */
  record Edge(int from, int to) {}

  /**
   * A drawing of these.
   *
   * @param widths of the nodes
   * @param layer the layer of each, from 0; those of an edge ascend
   * @param edges without duplicates
   */
  Layered(double[] widths, int[] layer, List<Edge> edges) {
    this.nodes = widths.length;
    this.layer = layer.clone();
    this.widths = new ArrayList<>(Arrays.stream(widths).boxed().toList());
    for (int n = 0; n < nodes; n++) {
      place(layer[n]);
    }
    edges.forEach(this::chain);
    for (int l = 0; l <= Arrays.stream(layer).max().orElse(0); l++) {
      layers.add(new ArrayList<>());
    }
    for (int p = 0; p < layerOf.size(); p++) {
      layers.get(layerOf.get(p)).add(p);
    }
    order();
    spread();
  }

  private int place(int inLayer) {
    layerOf.add(inLayer);
    above.add(new ArrayList<>());
    below.add(new ArrayList<>());
    return layerOf.size() - 1;
  }

  private void chain(Edge e) {
    List<Integer> chain = new ArrayList<>(List.of(e.from));
    for (int l = layer[e.from] + 1; l < layer[e.to]; l++) {
      chain.add(place(l));
      widths.add(0.0);
    }
    chain.add(e.to);
    for (int i = 1; i < chain.size(); i++) {
      below.get(chain.get(i - 1)).add(chain.get(i));
      above.get(chain.get(i)).add(chain.get(i - 1));
    }
    chains.add(chain);
  }

  // -- Order --------------------------------------------------------------------------------------

  private void order() {
    List<List<Integer>> best = copy(layers);
    long fewest = crossings();
    for (int sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
      boolean down = sweep % 2 == 0;
      for (int l = 0; l < layers.size(); l++) {
        sort(layers.get(down ? l : layers.size() - 1 - l), down ? above : below);
      }
      long now = crossings();
      if (now < fewest) {
        fewest = now;
        best = copy(layers);
      }
    }
    layers = best;
  }

  private static List<List<Integer>> copy(List<List<Integer>> lists) {
    return new ArrayList<>(lists.stream().map(ArrayList::new).toList());
  }

  /** By the mean of the places of neighbours; those without stay where they are. */
  private void sort(List<Integer> places, List<List<Integer>> neighbours) {
    int[] at = positions();
    double[] mean = new double[layerOf.size()];
    for (int p : places) {
      mean[p] = neighbours.get(p).stream().mapToInt(q -> at[q]).average().orElse(at[p]);
    }
    places.sort(Comparator.comparingDouble(p -> mean[p]));
  }

  private int[] positions() {
    int[] at = new int[layerOf.size()];
    for (List<Integer> places : layers) {
      for (int i = 0; i < places.size(); i++) {
        at[places.get(i)] = i;
      }
    }
    return at;
  }

  private long crossings() {
    int[] at = positions();
    long crossings = 0;
    for (List<Integer> places : layers) {
      List<int[]> edges = new ArrayList<>();
      places.forEach(p -> below.get(p).forEach(q -> edges.add(new int[] {at[p], at[q]})));
      for (int i = 0; i < edges.size(); i++) {
        for (int k = 0; k < i; k++) {
          int[] a = edges.get(i);
          int[] b = edges.get(k);
          crossings += (long) (a[0] - b[0]) * (a[1] - b[1]) < 0 ? 1 : 0;
        }
      }
    }
    return crossings;
  }

  // -- Distances ----------------------------------------------------------------------------------

  /** Nearly the least Σ stiffness·(distance across)² over all edges, layer by layer. */
  private void spread() {
    x = new double[layerOf.size()];
    layers.forEach(places -> settle(places, new double[places.size()]));
    for (int round = 0; round < SETTLINGS; round++) {
      for (int i = 0; i < layers.size(); i++) {
        List<Integer> places = layers.get(round % 2 == 0 ? i : layers.size() - 1 - i);
        settle(places, places.stream().mapToDouble(this::wanted).toArray());
      }
    }
    double left =
        IntStream.range(0, x.length).mapToDouble(p -> x[p] - widths.get(p) / 2).min().orElse(0);
    Arrays.setAll(x, p -> x[p] - left);
  }

  /** The mean of its neighbours' places. */
  private double wanted(int p) {
    double sum = LOOSE * Arrays.stream(x).average().orElse(0);
    for (int q : neighbours(p)) {
      sum += stiffness(p, q) * x[q];
    }
    return sum / weight(p);
  }

  private double weight(int p) {
    return LOOSE + neighbours(p).stream().mapToDouble(q -> stiffness(p, q)).sum();
  }

  private double stiffness(int p, int q) {
    return isDummy(p) && isDummy(q)
        ? STIFFNESS * STIFFNESS
        : isDummy(p) || isDummy(q) ? STIFFNESS : 1;
  }

  private List<Integer> neighbours(int p) {
    List<Integer> both = new ArrayList<>(above.get(p));
    both.addAll(below.get(p));
    return both;
  }

  /**
   * The places nearest to the wanted ones, by least squares, that keep the order and the distances:
   * neighbours that would be too near form a block, which has the mean of what its places want.
   */
  private void settle(List<Integer> places, double[] wanted) {
    double[] offset = new double[wanted.length];
    for (int i = 1; i < offset.length; i++) {
      offset[i] = offset[i - 1] + distance(places.get(i - 1), places.get(i));
    }
    List<double[]> blocks = new ArrayList<>(); // first place, weight, weight · position
    for (int i = 0; i < wanted.length; i++) {
      double weight = weight(places.get(i));
      blocks.add(new double[] {i, weight, weight * (wanted[i] - offset[i])});
      while (blocks.size() > 1 && at(blocks, 2) > at(blocks, 1)) {
        double[] last = blocks.removeLast();
        blocks.getLast()[1] += last[1];
        blocks.getLast()[2] += last[2];
      }
    }
    for (int b = 0; b < blocks.size(); b++) {
      int end = b + 1 < blocks.size() ? (int) blocks.get(b + 1)[0] : wanted.length;
      for (int i = (int) blocks.get(b)[0]; i < end; i++) {
        x[places.get(i)] = blocks.get(b)[2] / blocks.get(b)[1] + offset[i];
      }
    }
  }

  private static double at(List<double[]> blocks, int fromEnd) {
    double[] block = blocks.get(blocks.size() - fromEnd);
    return block[2] / block[1];
  }

  private boolean isDummy(int place) {
    return place >= nodes;
  }

  private double distance(int a, int b) {
    double gap = isDummy(a) || isDummy(b) ? DUMMY_GAP : GAP;
    return widths.get(a) / 2 + widths.get(b) / 2 + gap;
  }

  // -- What came out ------------------------------------------------------------------------------

  /** Where the middle of a node is across. */
  double x(int node) {
    return x[node];
  }

  /** Where edge e runs across in each layer, from that of its first node to that of its last. */
  double[] route(int e) {
    return chains.get(e).stream().mapToDouble(p -> x[p]).toArray();
  }

  /** From the left edge of the first to the right edge of the last. */
  double width() {
    return IntStream.range(0, x.length).mapToDouble(p -> x[p] + widths.get(p) / 2).max().orElse(0);
  }

  int layers() {
    return layers.size();
  }

  int layer(int node) {
    return layer[node];
  }
}
