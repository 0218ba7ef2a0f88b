package thimble.bench;

import java.util.List;
import thimble.bench.Contest.Contestant;
import thimble.bench.Contest.Effort;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Lazy;
import thimble.tensor.Tensor;

/** M12: building a lazy node, c = a + b of 16 elements, that nobody looks at. */
final class Laziness {
  private static final int COUNT = 16;

  /** Long enough that the garbage collector has its part in every sample. */
  private static final double SAMPLE = 0.05;

  private final Tensor a = Tensor.full(DType.FLOAT32, 1.5, COUNT);
  private final Tensor b = Tensor.full(DType.FLOAT32, -4, COUNT);

  /** Where nodes go, so that they are wanted. */
  private Object sink = a;

  private Laziness() {}

  static List<Piece> pieces() {
    return List.of(new Piece("M12.node", effort -> new Laziness().node(effort)));
  }

  private List<Row> node(Effort effort) {
    Contest contest = new Contest("M12.node", 0);
    Contestant lazy = contest.add("Thimble, lazy", this::addLazily, this::sumOfLazy);
    Contestant eager = contest.add("Thimble, eager", this::add, () -> a.add(b).toFloatArray());
    contest.run(effort.sampling(SAMPLE));
    Row row =
        Row.of("M12.node", "building c = a + b of 16, lazy", Unit.NANOSECONDS, 1, lazy, eager);
    return List.of(row.with(new Row.Target.Value(150)));
  }

  private void addLazily(int times) {
    try (Block _ = Lazy.open()) {
      add(times);
    }
  }

  private float[] sumOfLazy() {
    try (Block _ = Lazy.open()) {
      return a.add(b).toFloatArray();
    }
  }

  private void add(int times) {
    for (int i = 0; i < times; i++) {
      sink = a.add(b);
    }
  }
}
