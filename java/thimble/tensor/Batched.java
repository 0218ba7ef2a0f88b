package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

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
  public Tensor jvp(Tensor y, List<Tensor> t) {
    List<Tensor> all = new ArrayList<>(y.inputList());
    all.addAll(t);
    boolean[] twice = Arrays.copyOf(each, 2 * each.length);
    System.arraycopy(each, 0, twice, each.length, each.length);
    int n = each.length;
    return map(in -> op.jvp(node(in.subList(0, n)), in.subList(n, 2 * n)), all, twice);
  }

  /** An input that is there once has the cotangents of all examples; one without any is itself. */
  @Override
  public List<Tensor> vjp(Tensor y, Tensor g) {
    List<Tensor> all = new ArrayList<>(y.inputList());
    int[] own = IntStream.range(0, all.size()).filter(i -> Reverse.passes(y, i)).toArray();
    List<Tensor> xs = new ArrayList<>(all);
    all.add(g);
    boolean[] more = Arrays.copyOf(each, each.length + 1);
    more[each.length] = true;
    List<Tensor> found = Batch.map(in -> some(own, in), all, more, size);
    for (int k = 0; k < own.length; k++) {
      Tensor ct = found.get(k);
      xs.set(own[k], each[own[k]] ? ct : ct.sum(0).to(ct.dtype()));
    }
    return xs;
  }

  /** The cotangents of these inputs of one example, from all inputs and the result's. */
  private List<Tensor> some(int[] own, List<Tensor> in) {
    Tensor y = node(in.subList(0, each.length));
    List<Tensor> all = Reverse.cotangents(op, y, in.getLast());
    return Arrays.stream(own).mapToObj(all::get).toList();
  }

  /** The op's node for one example. */
  private Tensor node(List<Tensor> in) {
    return Tensor.apply(op, in.toArray(Tensor[]::new));
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
