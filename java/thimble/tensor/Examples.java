package thimble.tensor;

import java.util.Arrays;
import java.util.List;

/**
 * What nodes come to for many examples at once. A value that goes with the example has one more
 * axis, the first; one that does not is there once.
 */
final class Examples implements Trace.Meaning<Examples.Value> {
  /**
   * What a node comes to.
   *
   * @param each whether there is one for each example, along the first axis
   */
  record Value(Tensor x, boolean each) {}

  private final long size;

  Examples(long size) {
    this.size = size;
  }

  @Override
  public Value constant(Tensor x) {
    return new Value(x, false);
  }

  @Override
  public void done(Value v) {
    v.x.close();
  }

  @Override
  public Value of(Tensor n, List<Value> in) {
    Tensor[] x = in.stream().map(Value::x).toArray(Tensor[]::new);
    if (in.stream().noneMatch(Value::each)) {
      return new Value(Eager.apply(n.op(), x), false);
    }
    boolean[] each = new boolean[x.length];
    for (int i = 0; i < each.length; i++) {
      each[i] = in.get(i).each;
    }
    try (Scope scope = Scope.open()) {
      Tensor y = apply(n.op(), x, each);
      if (!y.shape().equals(lead(n.shape())) || y.dtype() != n.dtype()) {
        throw new ShapeException(
            "%s: its batch gives %s %s for %d examples of %s %s"
                .formatted(n.op(), y.dtype(), y.shape(), size, n.dtype(), n.shape()));
      }
      return new Value(scope.keep(scope.owns(y) ? y : y.identity()), true);
    }
  }

  /** All examples' values: repeated, where there is one for all. */
  Tensor all(Value v) {
    return v.each ? v.x : v.x.broadcastTo(lead(v.x.shape()));
  }

  /** Of all, where s is the shape of one. */
  private Shape lead(Shape s) {
    return Checks.shape(() -> "vmap: %d examples of %s".formatted(size, s), () -> s.lead(size));
  }

  /** The op of all examples at once: all of the map that depends on ops. */
  private Tensor apply(Op op, Tensor[] x, boolean[] each) {
    return switch (op) {
      case Op.Leaf leaf -> throw new AssertionError(leaf + " has no inputs");
      case Op.Elementwise e -> Eager.apply(e, all(x, each));
      case MatMul m -> product(x[0], each[0], x[1], each[1]);
      case Op.View v -> view(v, x[0]);
      case Op.Custom c -> c.batch(size, x, each);
      case Linears.Embed e ->
          Eager.apply(new Linears.Embed(e.region().lead(size), lead(e.to())), x);
      case Linears.Update u -> Eager.apply(new Linears.Update(u.region().lead(size)), all(x, each));
      case Linears.Concat c -> Eager.apply(new Linears.Concat(c.axis() + 1), all(x, each));
      case Linears.Copy c -> Eager.apply(c, x);
      case Linears.Cast c -> Eager.apply(c, x);
      case Linears.Sum s -> Eager.apply(new Linears.Sum(s.axes() << 1), x);
      case Linears.CumSum c -> Eager.apply(new Linears.CumSum(c.axis() + 1), x);
      case Linears.Gather g -> Eager.apply(new Linears.Gather(g.axis() + 1), all(x, each));
      case Linears.ScatterAdd s ->
          Eager.apply(new Linears.ScatterAdd(s.axis() + 1, s.size()), all(x, each));
      case Reductions.Prod p -> Eager.apply(new Reductions.Prod(p.axes() << 1), x);
      case Reductions.Extremum e -> Eager.apply(new Reductions.Extremum(e.end(), e.axes() << 1), x);
      case Reductions.LogSumExp l -> Eager.apply(new Reductions.LogSumExp(l.axes() << 1), x);
      case Reductions.Norm n -> Eager.apply(new Reductions.Norm(n.axes() << 1), x);
      case Reductions.Softmax s -> Eager.apply(new Reductions.Softmax(s.log(), s.axis() + 1), x);
      case Reductions.ArgExtremum a ->
          Eager.apply(new Reductions.ArgExtremum(a.end(), a.axis() + 1), x);
    };
  }

  private Tensor[] all(Tensor[] x, boolean[] each) {
    Tensor[] all = new Tensor[x.length];
    for (int i = 0; i < x.length; i++) {
      all[i] = all(new Value(x[i], each[i]));
    }
    return all;
  }

  /** With one matrix on the right for all, the examples are rows like the others. */
  private Tensor product(Tensor a, boolean left, Tensor b, boolean right) {
    return !right && b.rank() == 2
        ? a.matmul(b)
        : Eager.apply(MatMul.MATMUL, all(new Value(a, left)), all(new Value(b, right)));
  }

  private Tensor view(Op.View op, Tensor x) {
    return switch (op) {
      case Views.Identity id -> Eager.apply(id, x);
      case Views.Detach d -> Eager.apply(d, x);
      case Views.Reshape r -> x.reshape(lead(r.to()));
      case Views.Permute p -> {
        int[] order = new int[x.rank()];
        Arrays.setAll(order, d -> d == 0 ? 0 : p.order()[d - 1] + 1);
        yield x.permute(order);
      }
      case Views.BroadcastTo b -> {
        long[] sizes = new long[b.to().rank() + 1];
        Arrays.fill(sizes, 1);
        sizes[0] = size;
        for (int d = 1; d < x.rank(); d++) {
          sizes[sizes.length - x.rank() + d] = x.size(d);
        }
        yield x.reshape(sizes).broadcastTo(lead(b.to()));
      }
      case Views.Slice s -> Eager.apply(new Views.Slice(s.region().lead(size)), x);
      case Views.AsStrided s -> {
        long[] strides = new long[s.strides().length + 1];
        strides[0] = size == 0 ? 0 : x.count() / size;
        System.arraycopy(s.strides(), 0, strides, 1, strides.length - 1);
        yield Eager.apply(new Views.AsStrided(lead(s.to()), strides, s.offset()), x);
      }
    };
  }
}
