package thimble.runtime;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import thimble.tensor.MatMul;
import thimble.tensor.Op;
import thimble.tensor.Plan;
import thimble.tensor.Shape;

/**
 * What is computed in one go: an op by its own kernel, or elementwise ops as one pass, perhaps with
 * a reduction at the end, or a matrix product with elementwise ops on its tiles.
 */
final class Stage {
  private final int index;
  private final List<Value> in;
  private final double flops;
  private final @Nullable Op kernel;
  private final @Nullable Value out;
  private @Nullable Group group;
  private @Nullable Reduction reduction;

  /** What becomes of a result of the elementwise ops when all of it is made, tile by tile. */
  record Reduction(Op op, int axes, Value x, Value out) {}

  private Stage(
      int index,
      @Nullable Op kernel,
      List<Value> in,
      @Nullable Value out,
      double flops,
      @Nullable Group group) {
    this.index = index;
    this.kernel = kernel;
    this.in = in;
    this.out = out;
    this.flops = flops;
    this.group = group;
  }

  static Stage kernel(int index, Op op, List<Value> in, Value out, double flops) {
    return new Stage(index, op, in, out, flops, null);
  }

  static Stage elementwise(int index, Shape shape) {
    return new Stage(index, null, List.of(), null, 0, new Group(shape));
  }

  int index() {
    return index;
  }

  /**
   * Whether an elementwise op on these can be part of it; they are there before it, or made by it.
   */
  boolean takes(long count, List<Value> operands) {
    for (Value v : operands) {
      if (v.place().stage == index && !v.isWhole()) {
        return false;
      }
    }
    Group g = group;
    return g != null
        ? g.shape().count() == count && g.hasRoom()
        : kernel instanceof MatMul && out != null && out.count() == count;
  }

  /** Whether it has to do with one of these. */
  boolean knows(List<Value> operands) {
    Group g = group;
    return operands.stream().anyMatch(v -> g != null && g.knows(v.place()));
  }

  void add(Op op, List<Value> operands, Value result) {
    Group g = group;
    if (g == null) {
      g = new Group(result.shape());
      group = g;
    }
    g.add(op, operands, result);
  }

  /** Whether a reduction of what it makes can be part of it. */
  boolean takesReduction(Value x) {
    return kernel == null
        && group != null
        && reduction == null
        && x.place().stage == index
        && x.isWhole();
  }

  void add(Reduction r) {
    reduction = r;
  }

  /** What it reads in memory, by the kernel or the elementwise ops. */
  List<Value> reads() {
    List<Value> all = new ArrayList<>(in);
    if (group != null) {
      all.addAll(group.loads());
    }
    return all;
  }

  /** What it makes, whether or not that gets to memory. */
  List<Value> results() {
    List<Value> all = new ArrayList<>();
    if (out != null) {
      all.add(out);
    }
    if (group != null) {
      all.addAll(group.results());
    }
    if (reduction != null) {
      all.add(reduction.out());
    }
    return all;
  }

  /** Whether a result may be written where something lies that nothing later reads. */
  boolean mayOverwrite(Place read, Value result) {
    boolean ofKernel = in.stream().anyMatch(v -> v.place() == read);
    return !ofKernel && group != null && group.mayOverwrite(read, result);
  }

  /** The result of the kernel, where elementwise ops take it on. */
  @Nullable Value product() {
    return group == null ? null : out;
  }

  void encode(Encoder e) {
    if (kernel != null && out != null) {
      e.kernel(kernel, in, out, group);
    } else if (group != null && reduction != null) {
      e.reduced(group, reduction);
    } else if (group != null) {
      e.fused(group);
    }
  }

  Plan.Kernel describe() {
    List<String> names = new ArrayList<>();
    Shape shape = group != null ? group.shape() : out != null ? out.shape() : Shape.of();
    double all = flops;
    if (kernel != null) {
      names.add(kernel.toString());
    }
    if (group != null) {
      names.addAll(group.names());
      all += (double) group.shape().count() * group.names().size();
    }
    if (reduction != null) {
      names.add(reduction.op().toString());
      all += reduction.x().count();
    }
    long bytes = 0;
    for (Value v : reads()) {
      if (v.place().stage != index) {
        bytes += Math.min(v.layout().extent(), v.count()) * v.dtype().bytes();
      }
    }
    for (Value v : results()) {
      bytes += v.place().needed ? v.count() * v.dtype().bytes() : 0;
    }
    return new Plan.Kernel(names, shape, all, bytes);
  }
}
