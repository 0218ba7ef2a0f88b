package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * A user's op on many examples at once: everything that it says of one is mapped over all.
 *
 * @param op the op of one example
 * @param size how many examples there are
 * @param each which inputs have one for each example, along the first axis
 */
record Batched(Op.Custom op, long size, boolean[] each) implements Op.Custom {
  @Override
  public Shape shape(Tensor... in) {
    return op.shape(examples(in)).lead(size);
  }

  @Override
  public DType dtype(Tensor... in) {
    return op.dtype(examples(in));
  }

  @Override
  public boolean differentiable(int i) {
    return op.differentiable(i);
  }

  @Override
  public Tensor compute(Tensor... x) {
    return map(in -> op.compute(in.toArray(Tensor[]::new)), List.of(x), each);
  }

  @Override
  public Tensor jvp(Tensor y, int i, Tensor t) {
    return map(in -> op.jvp(node(in), i, in.getLast()), and(y, t), and(each[i]));
  }

  @Override
  public Tensor vjp(Tensor y, int i, Tensor g) {
    Tensor x = map(in -> op.vjp(node(in), i, in.getLast()), and(y, g), and(true));
    return each[i] ? x : x.sum(0);
  }

  /** The op's inputs, then something else. */
  private static List<Tensor> and(Tensor y, Tensor more) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < y.inputs(); i++) {
      all.add(y.in(i));
    }
    all.add(more);
    return all;
  }

  private boolean[] and(boolean more) {
    boolean[] all = Arrays.copyOf(each, each.length + 1);
    all[each.length] = more;
    return all;
  }

  /** The op's node for one example, from its inputs and something else. */
  private Tensor node(List<Tensor> in) {
    return Tensor.apply(op, in.subList(0, in.size() - 1).toArray(Tensor[]::new));
  }

  private Tensor map(Function<List<Tensor>, Tensor> f, List<Tensor> x, boolean[] each) {
    return Batch.map(in -> List.of(f.apply(in)), x, each, size).getFirst();
  }

  /** What stands for an example of each. */
  private Tensor[] examples(Tensor... in) {
    Tensor[] x = new Tensor[in.length];
    Arrays.setAll(x, i -> each[i] ? Batch.example(in[i]) : in[i]);
    return x;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Batched b
        && op.equals(b.op)
        && size == b.size
        && Arrays.equals(each, b.each);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * op.hashCode() + Long.hashCode(size)) + Arrays.hashCode(each);
  }

  @Override
  public String toString() {
    return "%s of %d".formatted(op, size);
  }
}
