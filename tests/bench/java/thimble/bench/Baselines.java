package thimble.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The contestants that are not Thimble: what its rows are measured against. */
public final class Baselines implements AutoCloseable {
  private final List<VectorMlp> networks = new ArrayList<>();

  /** Returns the name of the epoch's matrix products by OpenBLAS on {@code threads} threads. */
  public static String products(int threads) {
    return "matrix products alone (OpenBLAS, C), threads " + threads;
  }

  /** Returns the name of the pure-Java network on {@code threads} threads. */
  public static String vectorApi(int threads) {
    return "pure Java (Vector API), threads " + threads;
  }

  /** Adds the matrix products of {@code work}, by single-threaded calls of {@code blas}. */
  public void registerProducts(Pairs pairs, Work work, Path blas, int threads) {
    pairs.add(products(threads), () -> Reference.epochProducts(blas, threads, work));
  }

  /** Adds the pure-Java network; each epoch starts from the weights of {@code work}. */
  public void registerVectorApi(Pairs pairs, Work work, int threads) {
    VectorMlp network = new VectorMlp(work.in(), work.hidden(), work.out(), work.batch(), threads);
    networks.add(network);
    float[] w1 = work.w1().clone();
    float[] w2 = work.w2().clone();
    pairs.addTimed(
        vectorApi(threads),
        () -> {
          System.arraycopy(work.w1(), 0, w1, 0, w1.length);
          System.arraycopy(work.w2(), 0, w2, 0, w2.length);
          network.epoch(work.x(), work.labels(), w1, w2, work.lr());
        });
  }

  /** Ends the threads of the contestants. */
  @Override
  public void close() {
    networks.forEach(VectorMlp::close);
  }
}
