package outside;

import java.util.List;
import thimble.tensor.Anomaly;
import thimble.tensor.Block;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.tensor.Trace;

/** A user's program with mistakes, for {@code SiteTest}: each method gives what it is told. */
public final class Careless {
  private Careless() {}

  /** Sizes that do not fit. */
  public static String shape() {
    Tensor x = Tensor.zeros(DType.FLOAT32, 2, 3);
    return told(() -> x.matmul(x));
  }

  /** A logarithm of nothing. */
  public static String anomaly() {
    Tensor x = Tensor.zeros(DType.FLOAT32, 3);
    try (Block _ = Anomaly.open()) {
      return told(x::log);
    }
  }

  /** A look at what is not there. */
  public static String trace() {
    return told(() -> Trace.of(in -> List.of(look(in.getFirst())), List.of(Tensor.of(1))));
  }

  private static Tensor look(Tensor x) {
    return x.item() > 0 ? x : x.neg();
  }

  private static String told(Runnable mistake) {
    try {
      mistake.run();
      return "nothing";
    } catch (RuntimeException e) {
      return e.toString();
    }
  }
}
