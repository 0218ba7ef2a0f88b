package thimble.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Where random numbers come from: the same key gives the same numbers, on every machine, for any
 * number of threads and in any order. Nothing changes when numbers are drawn, so independent
 * numbers take different keys:
 *
 * <pre>{@code
 * Key key = Key.of(42);
 * Tensor w1 = key.fold(1).normal(FLOAT32, 784, 100);
 * Tensor w2 = key.fold(2).normal(FLOAT32, 100, 10);
 * }</pre>
 *
 * Counter-based, by {@link Philox}. Normal numbers go through logarithm and cosine, and may differ
 * in the last digits between processors.
 *
 * @param bits what tells it from other keys
 */
public record Key(long bits) {
  /** Of the counters, the last word: that of numbers is 0. */
  private static final long DERIVE = 1L << 32;

  /** The key of a seed. */
  public static Key of(long seed) {
    return new Key(seed);
  }

  /** A key for some purpose: another one for each number, and for each key. */
  public Key fold(long data) {
    int[] words = new int[4];
    Philox.block(bits, data, DERIVE, words);
    return new Key((words[1] & 0xFFFFFFFFL) << 32 | (words[0] & 0xFFFFFFFFL));
  }

  /**
   * So many keys: {@code fold(0)}, {@code fold(1)}, ….
   *
   * @throws IllegalArgumentException if the number is negative
   */
  public List<Key> split(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("split: %d keys".formatted(count));
    }
    List<Key> keys = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      keys.add(fold(i));
    }
    return List.copyOf(keys);
  }

  /**
   * Numbers evenly from [0, 1): multiples of 2^−24 in float32, of 2^−53 in float64.
   *
   * @throws DTypeException unless the dtype is floating
   */
  public Tensor uniform(DType dtype, long... shape) {
    checkFloating("uniform", dtype);
    return draw(Random.Kind.UNIFORM, dtype, 0, 1, Shape.of(shape));
  }

  /**
   * Numbers of the standard normal distribution: √(−2·log u)·cos 2πv (Box, Muller 1958).
   *
   * @throws DTypeException unless the dtype is floating
   */
  public Tensor normal(DType dtype, long... shape) {
    checkFloating("normal", dtype);
    // 1 − u is in (0, 1]: its logarithm is finite. The radius in float64, for its far end.
    Tensor u = fold(0).uniform(DType.FLOAT64, shape);
    Tensor v = fold(1).uniform(DType.FLOAT64, shape);
    Tensor radius = u.neg().log1p().mul(-2).sqrt();
    return radius.mul(v.mul(2 * Math.PI).cos()).to(dtype);
  }

  /**
   * Integers evenly from [low, high), as int64.
   *
   * @throws IllegalArgumentException unless low is below high
   */
  public Tensor integers(long low, long high, long... shape) {
    if (low >= high) {
      throw new IllegalArgumentException("integers: %d to %d: there are none".formatted(low, high));
    }
    // As an unsigned number the range does not overflow.
    return draw(Random.Kind.INTEGERS, DType.INT64, low, high - low, Shape.of(shape));
  }

  /** All 32 or 64 bits of int32 or int64 random. */
  public Tensor bits(DType dtype, long... shape) {
    if (dtype != DType.INT32 && dtype != DType.INT64) {
      throw new DTypeException("bits: %s: takes int32 or int64".formatted(dtype));
    }
    return draw(Random.Kind.BITS, dtype, 0, 1, Shape.of(shape));
  }

  /**
   * Bools, true with probability p.
   *
   * @throws IllegalArgumentException unless p is between 0 and 1
   */
  public Tensor bernoulli(double p, long... shape) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException(
          "bernoulli: probability %s: must be between 0 and 1".formatted(p));
    }
    return uniform(DType.FLOAT64, shape).lt(p);
  }

  /** 0 to n − 1 in random order, as int64 (Fisher, Yates; Durstenfeld 1964). */
  public Tensor permutation(long n) {
    long[] p = LongStream.range(0, Make.length("permutation", n)).toArray();
    int[] words = new int[4];
    for (int i = p.length - 1; i > 0; i--) {
      Philox.block(bits, i, 0, words);
      long random = (words[1] & 0xFFFFFFFFL) << 32 | (words[0] & 0xFFFFFFFFL);
      int j = (int) Math.unsignedMultiplyHigh(random, i + 1L);
      long swap = p[i];
      p[i] = p[j];
      p[j] = swap;
    }
    return Tensor.of(p);
  }

  private static void checkFloating(String op, DType dtype) {
    if (!dtype.isFloating()) {
      throw new DTypeException("%s: %s: takes float32 or float64".formatted(op, dtype));
    }
  }

  private Tensor draw(Random.Kind kind, DType dtype, long low, long range, Shape shape) {
    return Eager.apply(new Random(kind, bits, low, range, dtype, shape));
  }
}
