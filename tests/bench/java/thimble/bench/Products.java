package thimble.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.tensor.Backends;
import thimble.tensor.Tensor;

/**
 * M9: matrix products, against Thimble's own on one thread times the number of threads, bare calls
 * of the same OpenBLAS, the Vector API, and multiply-adds in registers.
 *
 * @param id the row
 * @param what how it is written
 * @param transposed whether A lies as [k, m]
 * @param batches how many products
 * @param scaling what part of all threads' rate is to be reached
 */
record Products(
    String id,
    String what,
    boolean transposed,
    int m,
    int n,
    int k,
    int batches,
    OptionalDouble scaling) {

  /** Steps of multiply-adds in one call: some 0.2 ms. */
  private static final long STEPS = 50_000;

  static List<Piece> pieces(int threads) {
    return all().stream().map(p -> new Piece(p.id, effort -> p.measure(effort, threads))).toList();
  }

  static List<Products> all() {
    OptionalDouble none = OptionalDouble.empty();
    OptionalDouble most = OptionalDouble.of(0.95);
    return List.of(
        new Products("M9.64", "64³", false, 64, 64, 64, 1, none),
        new Products("M9.256", "256³", false, 256, 256, 256, 1, most),
        new Products("M9.1024", "1024³", false, 1024, 1024, 1024, 1, most),
        new Products("M9.2048", "2048³", false, 2048, 2048, 2048, 1, most),
        new Products("M9.forward", "100×784×100", false, 100, 100, 784, 1, none),
        new Products("M9.backward", "784×100×100, Aᵀ", true, 784, 100, 100, 1, none),
        new Products("M9.batch", "64 × 128³", false, 128, 128, 128, 64, none));
  }

  double flops() {
    return 2.0 * m * n * k * batches;
  }

  /** A and B as they lie. */
  record Operands(float[] a, float[] b) {}

  Operands operands() {
    Random random = new Random(2);
    return new Operands(values(random, batches * m * k), values(random, batches * k * n));
  }

  /** A[…, m, k]. */
  Tensor left(Operands ab) {
    return batches > 1
        ? Tensor.of(ab.a(), batches, m, k)
        : transposed ? Tensor.of(ab.a(), k, m).transpose(0, 1) : Tensor.of(ab.a(), m, k);
  }

  /** B[…, k, n]. */
  Tensor right(Operands ab) {
    return batches > 1 ? Tensor.of(ab.b(), batches, k, n) : Tensor.of(ab.b(), k, n);
  }

  private List<Row> measure(Effort effort, int threads) {
    Operands ab = operands();
    float[] a = ab.a();
    float[] b = ab.b();
    Contest contest = new Contest(id, 1e-5f);
    List<Row> rows = new ArrayList<>();
    try (VectorProducts vector = new VectorProducts(threads, transposed, m, n, k)) {
      Contestant ours = addOurs(contest, "Thimble", ab, threads, threads);
      Contestant blas = addBlas(contest, a, b, threads);
      float[] c = new float[batches * m * n];
      Contestant java =
          contest.add(
              "Vector API, packed",
              times -> {
                for (int i = 0; i < times; i++) {
                  vector.multiply(batches, a, b, c);
                }
              },
              () -> {
                vector.multiply(batches, a, b, c);
                return c;
              });
      Contestant peak =
          contest.addLimit(
              "multiply-adds in registers",
              Reference.multiplyAdds(threads, STEPS) / flops(),
              times -> {
                for (int i = 0; i < times; i++) {
                  Reference.multiplyAdds(threads, STEPS);
                }
              });
      if (threads > 1) {
        Contestant alone =
            addOurs(contest, "%d × its rate on 1 thread".formatted(threads), ab, 1, threads);
        contest.run(effort);
        Row row = row(id, ours, alone);
        rows.add(scaling.isPresent() ? row.with(new Row.Target.Ratio(scaling.getAsDouble())) : row);
      } else {
        contest.run(effort);
      }
      rows.add(row(id + ".blas", ours, blas));
      rows.add(row(id + ".vector", ours, java));
      rows.add(row(id + ".peak", ours, peak));
    }
    return rows;
  }

  private Row row(String id, Contestant ours, Contestant reference) {
    return Row.of(id, "matmul " + what, Unit.GIGAFLOPS, flops(), ours, reference);
  }

  private static float[] values(Random random, int count) {
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = random.nextFloat() - 0.25f;
    }
    return x;
  }

  /** Adds Thimble on {@code own} threads, counted as if {@code all} did as much each. */
  private Contestant addOurs(Contest contest, String name, Operands ab, int own, int all) {
    Tensor x = left(ab);
    Tensor y = right(ab);
    return contest.add(
        name,
        (double) all / own,
        times -> {
          Backends.current().threads(own);
          for (int i = 0; i < times; i++) {
            x.matmul(y).close();
          }
          Backends.current().threads(all);
        },
        () -> x.matmul(y).toFloatArray());
  }

  /** Adds OpenBLAS: every thread a product of its own at a time, or its part of a batch. */
  private Contestant addBlas(Contest contest, float[] a, float[] b, int threads) {
    MemorySegment x = Reference.floats(a);
    MemorySegment y = Reference.floats(b);
    int copies = batches == 1 ? threads : batches;
    MemorySegment z = Reference.floats((long) copies * m * n);
    return contest.add(
        "OpenBLAS, a call each on %d thread%s".formatted(threads, threads == 1 ? "" : "s"),
        batches == 1 ? threads : 1,
        times -> Reference.products(threads, times, transposed, m, n, k, batches, x, y, z),
        () -> {
          z.fill((byte) -1);
          Reference.products(threads, 1, transposed, m, n, k, batches, x, y, z);
          return z.asSlice(0, 4L * batches * m * n).toArray(ValueLayout.JAVA_FLOAT);
        });
  }
}
