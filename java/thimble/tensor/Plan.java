package thimble.tensor;

import java.util.List;
import java.util.Locale;

/**
 * What a compiled graph does in one run, and what memory it takes.
 *
 * @param nodes ops of the graph, without those that were found to be needless
 * @param kernels what is called, in order
 * @param scratch bytes for what lies between arguments and results, shared by what is never needed
 *     at the same time
 * @param results bytes of results that take memory of their own
 * @param donated bytes of results that take a donated argument's memory
 */
public record Plan(int nodes, List<Kernel> kernels, long scratch, long results, long donated) {
  /**
   * One pass over memory, or one product.
   *
   * @param ops what it computes, in order
   * @param shape of what it goes over
   * @param flops operations on elements: one an elementwise op, 2·m·n·k a product
   * @param bytes read and written
   */
  public record Kernel(List<String> ops, Shape shape, double flops, long bytes) {
    /** Keeps a copy. */
    public Kernel {
      ops = List.copyOf(ops);
    }
  }

  /** Keeps a copy. */
  public Plan {
    kernels = List.copyOf(kernels);
  }

  /** Operations on elements. */
  public double flops() {
    return kernels.stream().mapToDouble(Kernel::flops).sum();
  }

  /** Bytes read and written. */
  public long bytes() {
    return kernels.stream().mapToLong(Kernel::bytes).sum();
  }

  /**
   * The most bytes that are in use beside the arguments; without what a kernel needs while it runs:
   * up to some 8 MB for the packed operands of a product.
   */
  public long peak() {
    return scratch + results;
  }

  /** How many kernels compute several ops. */
  public int fused() {
    return (int) kernels.stream().filter(k -> k.ops().size() > 1).count();
  }

  /** A line for each kernel, and the sums. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < kernels.size(); i++) {
      Kernel k = kernels.get(i);
      text.append(
          String.format(
              Locale.ROOT,
              "%3d  %-14s %10s FLOP %10s  %s%n",
              i + 1,
              k.shape(),
              amount(k.flops()),
              amount((double) k.bytes()) + "B",
              String.join(", ", k.ops())));
    }
    return text.append(
            String.format(
                Locale.ROOT,
                "%d nodes in %d kernels, %d of them fused; %s FLOP, %sB moved; peak %d bytes (%d between, %d of results)%s%n",
                nodes,
                kernels.size(),
                fused(),
                amount(flops()),
                amount((double) bytes()),
                peak(),
                scratch,
                results,
                donated == 0 ? "" : ", and %d in donated memory".formatted(donated)))
        .toString();
  }

  /** With three digits and a prefix: 15.7 M. */
  private static String amount(double x) {
    String[] prefixes = {" ", " k", " M", " G", " T"};
    int p = 0;
    double y = x;
    for (; y >= 999.5 && p + 1 < prefixes.length; p++) {
      y /= 1000;
    }
    int decimals = p == 0 || y >= 99.95 ? 0 : y >= 9.995 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + decimals + "f%s", y, prefixes[p]);
  }
}
