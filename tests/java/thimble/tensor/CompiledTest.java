package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/**
 * Compiled graphs of many ops: the bits of op by op, and no memory that two values want at once.
 */
class CompiledTest extends InBothBackends {
  private static final int GRAPHS = Integer.getInteger("graphs", 300);

  /** A function of a few tensors that a seed decides, and nothing else. */
  private static final class Graph {
    private final long seed;
    private final DType dtype;
    private final long rows;
    private final long columns;

    Graph(long seed) {
      Random r = new Random(seed);
      this.seed = seed;
      this.dtype = r.nextInt(3) == 0 ? DType.FLOAT64 : DType.FLOAT32;
      long[] sizes = {1, 2, 5, 16, 33, 100, 257};
      this.rows = sizes[r.nextInt(sizes.length)];
      this.columns = r.nextInt(8) == 0 ? 0 : sizes[r.nextInt(sizes.length)];
    }

    /** Matrices, one of them stored by columns and one backwards, a row, a column, a number. */
    List<Tensor> arguments(long key) {
      Key k = Key.of(seed * 31 + key);
      return List.of(
          k.fold(1).normal(dtype, rows, columns),
          k.fold(2).normal(dtype, columns, rows).transpose(),
          k.fold(3).normal(dtype, rows, columns).flip(1),
          k.fold(4).normal(dtype, columns),
          k.fold(5).normal(dtype, rows, 1),
          k.fold(6).normal(dtype));
    }

    List<Tensor> apply(List<Tensor> arguments) {
      Random r = new Random(seed);
      List<Tensor> all = new ArrayList<>(arguments);
      int ops = 3 + r.nextInt(25);
      for (int i = 0; i < ops; i++) {
        all.add(op(r, all));
      }
      List<Tensor> out = new ArrayList<>(List.of(all.getLast()));
      for (int i = r.nextInt(4); i > 0; i--) {
        out.add(part(r, all.get(r.nextInt(all.size()))));
      }
      return out;
    }

    /** All of it, or a view: of a part, of the part backwards, of more than there is. */
    private static Tensor part(Random r, Tensor x) {
      if (x.rank() == 0 || x.count() == 0) {
        return x;
      }
      int axis = r.nextInt(x.rank());
      long n = x.size(axis);
      return switch (r.nextInt(5)) {
        case 0 -> x.slice(axis, n - 1, n);
        case 1 -> x.slice(axis, 0, (n + 1) / 2).flip(axis);
        case 2 -> x.slice(axis, n / 2, n / 2);
        case 3 -> {
          long[] sizes = Arrays.copyOf(x.shape().toArray(), x.rank() + 1);
          sizes[x.rank()] = 3;
          yield x.unsqueeze(x.rank()).broadcastTo(Shape.of(sizes));
        }
        default -> x;
      };
    }

    /** Of rows × columns where it is not said: what is computed last likely enough. */
    private Tensor op(Random r, List<Tensor> all) {
      Tensor x = matrix(r, all);
      Tensor y = any(r, all);
      return switch (r.nextInt(26)) {
        case 0 -> x.add(y);
        case 1 -> y.sub(x);
        case 2 -> x.mul(y);
        case 3 -> x.maximum(y);
        case 4 -> x.mul(0.5).add(1);
        case 5 -> x.pow(2).rsub(1);
        case 6 -> x.tanh();
        case 7 -> x.sin().exp();
        case 8 -> x.sigmoid().log();
        case 9 -> Tensor.where(x.gt(y), x, Tensor.full(dtype, 0));
        case 10 -> x.to(DType.FLOAT64).mul(1.5).to(dtype);
        case 11 -> x.relu().neg().neg();
        case 12 -> x.sum(1).reshape(rows, 1);
        case 13 -> columns == 0 ? x.sum(0) : x.max(1).reshape(rows, 1);
        case 14 -> x.sum(0);
        case 15 -> x.sum();
        case 16 -> x.exp().sum(1).unsqueeze(1);
        case 17 -> x.softmax(1);
        case 18 -> x.matmul(matrix(r, all).transpose()).matmul(x).mul(1.0 / 16);
        case 19 -> x.matmul(Tensor.eye(dtype, columns, columns)).add(y).relu();
        case 20 -> x.reshape(-1).mul(2).reshape(rows, columns);
        case 21 -> x.flip(0).mul(1).sum(0);
        case 22 -> x.flip(1).neg().neg().sum(1).reshape(rows, 1);
        case 23 -> x.transpose().mul(Tensor.ones(dtype)).logsumexp(1).reshape(columns);
        case 24 -> x.to(DType.INT64).remainder(7).to(dtype).add(y);
        default -> x.transpose().cumsum(0).transpose().sub(x.flip(0));
      };
    }

    private Tensor any(Random r, List<Tensor> all) {
      int n = all.size();
      return all.get(r.nextBoolean() ? n - 1 - r.nextInt(Math.min(4, n)) : r.nextInt(n));
    }

    private Tensor matrix(Random r, List<Tensor> all) {
      return any(r, all).broadcastTo(Shape.of(rows, columns));
    }

    @Override
    public String toString() {
      return "graph %d, %s [%d, %d]".formatted(seed, dtype, rows, columns);
    }
  }

  private static void same(Object what, List<Tensor> expected, List<Tensor> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      int k = i;
      Expected.exactly(Tensors.read(expected.get(i)))
          .differs(Tensors.read(actual.get(i)))
          .ifPresent(how -> fail("%s, result %d: %s".formatted(what, k, how)));
    }
  }

  @Test
  void graphsOfManyOpsHaveTheBitsOfTheirOps() {
    for (long seed = 0; seed < GRAPHS; seed++) {
      try (Scope _ = Scope.open()) {
        Graph f = new Graph(seed);
        Executor code = new Executor(Trace.of(f::apply, f.arguments(0)));
        for (long key = 0; key < 2; key++) {
          List<Tensor> x = f.arguments(key);
          same(f, f.apply(x), code.run(x));
        }
      }
    }
  }

  @Test
  void theirDerivativesToo() {
    for (long seed = 0; seed < GRAPHS; seed++) {
      try (Scope _ = Scope.open()) {
        Graph f = new Graph(seed);
        List<Tensor> x = f.arguments(1);
        Executor code = new Executor(Trace.of(in -> gradients(f, in), x));
        same(f, gradients(f, x), code.run(x));
      }
    }
  }

  private static List<Tensor> gradients(Graph f, List<Tensor> x) {
    return Grad.grad((List<Tensor> in) -> f.apply(in).getFirst().sum()).apply(x);
  }

  @Test
  void donatedArgumentsGiveTheirMemoryAndChangeNothing() {
    for (long seed = 0; seed < GRAPHS; seed++) {
      try (Scope _ = Scope.open()) {
        Graph f = new Graph(seed);
        Random r = new Random(-seed);
        boolean[] donated = new boolean[f.arguments(0).size()];
        for (int i = 0; i < donated.length; i++) {
          donated[i] = r.nextBoolean();
        }
        Executor code = new Executor(Trace.of(f::apply, f.arguments(0)));
        for (long key = 0; key < 2; key++) {
          List<Tensor> expected = f.apply(copies(f.arguments(key), donated));
          List<Tensor> x = copies(f.arguments(key), donated);
          for (int i = 0; i < donated.length; i++) {
            x.set(i, donated[i] ? x.get(i).donate() : x.get(i));
          }
          same(f, expected, code.run(x));
        }
      }
    }
  }

  /** Which a pass writes past the caches, whether a later op of it reads them or not. */
  @Test
  void resultsTooLargeForTheCachesToo() {
    long n = 2_200_003; // 8.8 MB, and the last line is not full
    try (Scope _ = Scope.open()) {
      Tensor x = Key.of(1).normal(DType.FLOAT32, n);
      Executor code = new Executor(Trace.of(CompiledTest::large, List.of(x)));
      List<Tensor> expected = large(List.of(x));
      same("large", expected, code.run(List.of(x)));
      same("large and donated", expected, code.run(List.of(x.add(0)), true));
    }
  }

  private static List<Tensor> large(List<Tensor> in) {
    Tensor x = in.getFirst();
    Tensor h = x.mul(1.5).tanh();
    Tensor y = h.mul(x).relu();
    return List.of(h, y, h.add(y).to(DType.FLOAT64), y.sum(), y.gt(0.5));
  }

  /** Those that are to be donated in memory of their own. */
  private static List<Tensor> copies(List<Tensor> x, boolean[] donated) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < donated.length; i++) {
      all.add(donated[i] ? x.get(i).add(0) : x.get(i));
    }
    return all;
  }
}
