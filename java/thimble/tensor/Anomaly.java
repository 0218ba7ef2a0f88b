package thimble.tensor;

import java.util.Arrays;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * Looks for trouble: while a block is open, every value that this thread computes is looked at, and
 * the first one that is not finite is an {@link AnomalyException}. It names the op, the user's line
 * that made it and the ranges of its inputs; in a backward sweep also the path that the cotangent
 * had come, a line each.
 *
 * <pre>{@code
 * try (Block _ = Anomaly.open()) {
 *   loss(net, x, y).backward();
 * }
 * }</pre>
 *
 * <p>Infinities count that are meant, too, such as those of a mask. Slow, for debugging.
 */
public final class Anomaly {
  /** Where nodes were made; they are forgotten when nobody else has them. */
  private final Map<Tensor, String> sites = new WeakHashMap<>();

  private Anomaly() {}

  /** Looks at all values that this thread computes until the block is closed. */
  public static Block open() {
    return Mode.get().lookFor(new Anomaly());
  }

  /** Looks at a node that has just been made. */
  void made(Mode mode, Op op, Tensor[] in, Tensor y) {
    sites.put(y, Site.ofUser().map(Site::text).orElse("an unknown line"));
    if (!y.isPending()) {
      computed(mode, op, in, y);
    }
  }

  /** Looks at a value that has just been computed. */
  void computed(Mode mode, Op op, Tensor[] in, Tensor y) {
    if (op instanceof Op.View || !y.dtype().isFloating()) {
      return;
    }
    try (Block _ = mode.lookFor(null);
        Block _ = mode.reading()) {
      if (Arrays.stream(y.toDoubleArray()).allMatch(Double::isFinite)) {
        return;
      }
      StringBuilder text = new StringBuilder(describe(op, y));
      text.append(" is not finite: ").append(range(y));
      for (int i = 0; i < in.length; i++) {
        text.append("\n  input %d: %s %s, ".formatted(i, in[i].dtype(), in[i].shape()));
        text.append(in[i].isPending() ? "not computed" : range(in[i]));
      }
      throw new AnomalyException(text.toString());
    }
  }

  /** The op of a node, and where it was made. */
  String describe(Op op, Tensor y) {
    return "%s %s %s, made at %s"
        .formatted(op, y.dtype(), y.shape(), sites.getOrDefault(y, "a line before this block"));
  }

  private static String range(Tensor x) {
    double[] v = x.toDoubleArray();
    double[] finite = Arrays.stream(v).filter(Double::isFinite).toArray();
    String numbers =
        finite.length == 0
            ? "no finite number"
            : "%s to %s"
                .formatted(
                    Arrays.stream(finite).min().getAsDouble(),
                    Arrays.stream(finite).max().getAsDouble());
    long nan = Arrays.stream(v).filter(Double::isNaN).count();
    long infinite = v.length - finite.length - nan;
    return nan + infinite == 0
        ? numbers
        : "%s, %d NaN, %d infinite of %d".formatted(numbers, nan, infinite, v.length);
  }
}
