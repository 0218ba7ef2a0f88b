package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.BOOL;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;
import static thimble.tensor.DType.INT32;
import static thimble.tensor.DType.INT64;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.InBothBackends;

/**
 * Random numbers: known vectors; what words of blocks they are made of, to the bit in both
 * backends; and that they are distributed as they should. Nothing here is left to chance: the keys
 * are fixed, so that five standard deviations either hold for ever or never did.
 */
class KeyTest extends InBothBackends {
  private static final Key KEY = Key.of(0x243F6A8885A308D3L);

  /** Around the sizes of blocks, of vectors, and of what one thread takes. */
  private static final int[] COUNTS = {0, 1, 2, 3, 4, 5, 7, 31, 32, 33, 1000, 100_003};

  // -- Blocks -------------------------------------------------------------------------------------

  /** From the kat_vectors file of the paper's Random123: counter, key, result. */
  @ParameterizedTest
  @CsvSource({
    "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1",
  })
  void blocksAreThoseOfThePaper(String counter, String key, String result) {
    int[] c = words(counter);
    int[] k = words(key);
    int[] out = new int[4];
    Philox.block(joined(k[0], k[1]), joined(c[0], c[1]), joined(c[2], c[3]), out);
    assertArrayEquals(words(result), out);
  }

  private static int[] words(String hex) {
    return Arrays.stream(hex.split(" ")).mapToInt(w -> Integer.parseUnsignedInt(w, 16)).toArray();
  }

  private static long joined(int low, int high) {
    return (high & 0xFFFFFFFFL) << 32 | (low & 0xFFFFFFFFL);
  }

  /** Word i of a key's blocks. */
  private static int word(Key key, long i) {
    int[] out = new int[4];
    Philox.block(key.bits(), i / 4, 0, out);
    return out[(int) (i % 4)];
  }

  private static long twoWords(Key key, long i) {
    return joined(word(key, 2 * i), word(key, 2 * i + 1));
  }

  // -- What numbers are made of -------------------------------------------------------------------

  @Test
  void bitsAreTheWordsInOrder() {
    for (int n : COUNTS) {
      assertArrayEquals(
          longs(n, i -> word(KEY, i)), KEY.bits(INT32, n).toLongArray(), n + " of int32");
      assertArrayEquals(
          longs(n, i -> twoWords(KEY, i)), KEY.bits(INT64, n).toLongArray(), n + " of int64");
    }
    assertEquals(INT32, KEY.bits(INT32, 2).dtype());
  }

  @Test
  void uniformNumbersAreTheUpperBits() {
    for (int n : COUNTS) {
      double[] f32 =
          IntStream.range(0, n).mapToDouble(i -> (word(KEY, i) >>> 8) * 0x1p-24).toArray();
      double[] f64 =
          IntStream.range(0, n).mapToDouble(i -> (twoWords(KEY, i) >>> 11) * 0x1p-53).toArray();
      assertArrayEquals(f32, KEY.uniform(FLOAT32, n).toDoubleArray(), n + " of float32");
      assertArrayEquals(f64, KEY.uniform(FLOAT64, n).toDoubleArray(), n + " of float64");
      long[] expected = longs(n, i -> (twoWords(KEY, i) >>> 11) * 0x1p-53 < 0.3 ? 1 : 0);
      assertArrayEquals(expected, KEY.bernoulli(0.3, n).toLongArray(), n + " of bool");
    }
    assertEquals(BOOL, KEY.bernoulli(0.3, 2).dtype());
  }

  @Test
  void integersAreThePartOfTheRange() {
    long[][] ranges = {
      {0, 1},
      {0, 2},
      {-3, 4},
      {5, 1005},
      {-1, 1L << 32},
      {0, (1L << 62) + 1},
      {Long.MIN_VALUE, 0},
      {Long.MIN_VALUE, Long.MAX_VALUE},
      {-7, Long.MAX_VALUE}
    };
    for (long[] r : ranges) {
      for (int n : COUNTS) {
        long[] expected =
            longs(n, i -> r[0] + Math.unsignedMultiplyHigh(twoWords(KEY, i), r[1] - r[0]));
        Tensor y = KEY.integers(r[0], r[1], n);
        assertArrayEquals(expected, y.toLongArray(), n + " of " + Arrays.toString(r));
        assertEquals(INT64, y.dtype());
        for (long v : expected) {
          assertTrue(v >= r[0] && v < r[1], v + " of " + Arrays.toString(r));
        }
      }
    }
  }

  @Test
  void normalNumbersAreBoxAndMullers() {
    for (int n : COUNTS) {
      double[] expected =
          IntStream.range(0, n)
              .mapToDouble(i -> {
                double u = (twoWords(KEY.fold(0), i) >>> 11) * 0x1p-53;
                double v = (twoWords(KEY.fold(1), i) >>> 11) * 0x1p-53;
                double radius = StrictMath.sqrt(-2 * StrictMath.log1p(-u));
                return radius * StrictMath.cos(v * (2 * Math.PI));
              })
              .toArray();
      double[] f64 = KEY.normal(FLOAT64, n).toDoubleArray();
      double[] f32 = KEY.normal(FLOAT32, n).toDoubleArray();
      assertEquals(n, f64.length);
      for (int i = 0; i < n; i++) {
        assertEquals(expected[i], f64[i], 8 * Math.ulp(expected[i]));
        assertEquals(expected[i], f32[i], Math.ulp((float) expected[i]));
      }
    }
  }

  private static long[] longs(int n, IntToLongFunction f) {
    return IntStream.range(0, n).mapToLong(f).toArray();
  }

  @Test
  void anElementDependsOnItsPlaceAlone() {
    long[] many = KEY.bits(INT64, 5000).toLongArray();
    assertArrayEquals(many, KEY.bits(INT64, 5000).toLongArray(), "again");
    assertArrayEquals(many, KEY.bits(INT64, 5, 10, 100).toLongArray(), "in another shape");
    assertArrayEquals(
        Arrays.copyOf(many, 4321), KEY.bits(INT64, 4321).toLongArray(), "fewer of them");
  }

  @Test
  void theNumberOfThreadsMakesNoDifference() {
    Backend own = Mode.get().backend();
    int before = own.threads();
    long[] expected = KEY.bits(INT32, 300_001).toLongArray();
    try {
      for (int threads : new int[] {1, 2, 3, 7}) {
        own.threads(threads);
        assertArrayEquals(expected, KEY.bits(INT32, 300_001).toLongArray(), threads + " threads");
      }
    } finally {
      own.threads(before);
    }
  }

  @Test
  void shapesWithoutAxesAndWithoutElements() {
    assertEquals(Shape.of(), KEY.uniform(FLOAT32).shape());
    assertEquals((word(KEY, 0) >>> 8) * 0x1p-24, KEY.uniform(FLOAT32).item());
    assertEquals(Shape.of(), KEY.normal(FLOAT64).shape());
    assertEquals(Shape.of(), KEY.integers(3, 4).shape());
    assertEquals(3, KEY.integers(3, 4).item());
    assertEquals(Shape.of(), KEY.bernoulli(1).shape());
    assertEquals(Shape.of(2, 0, 3), KEY.uniform(FLOAT64, 2, 0, 3).shape());
    assertEquals(Shape.of(0), KEY.normal(FLOAT32, 0).shape());
    assertEquals(Shape.of(0, 1), KEY.integers(0, 9, 0, 1).shape());
    assertEquals(Shape.of(0), KEY.bernoulli(0.5, 0).shape());
    assertEquals(Shape.of(0), KEY.permutation(0).shape());
    assertArrayEquals(new long[] {0}, KEY.permutation(1).toLongArray());
  }

  // -- Keys ---------------------------------------------------------------------------------------

  @Test
  void aFoldedKeyIsABlockThatNoNumberIsMadeOf() {
    for (long data : new long[] {0, 1, -1, 1L << 32, Long.MIN_VALUE}) {
      int[] out = new int[4];
      Philox.block(KEY.bits(), data, 1L << 32, out);
      assertEquals(joined(out[0], out[1]), KEY.fold(data).bits());
    }
    assertEquals(7, Key.of(7).bits());
    assertEquals(Key.of(7), Key.of(7));
  }

  @Test
  void keysThatAreMadeOfOneAreDifferent() {
    Set<Key> keys = new HashSet<>(List.of(KEY));
    for (int i = 0; i < 100_000; i++) {
      assertTrue(keys.add(KEY.fold(i)));
      assertTrue(keys.add(Key.of(i)));
      assertTrue(keys.add(Key.of(i).fold(i)));
    }
    assertNotEquals(KEY.fold(1).fold(2), KEY.fold(2).fold(1));
    List<Key> parts = KEY.split(5);
    assertEquals(LongStream.range(0, 5).mapToObj(KEY::fold).toList(), parts);
    assertTrue(KEY.split(0).isEmpty());
  }

  @Test
  void numbersOfDifferentKeysHaveNothingInCommon() {
    int n = 40_000;
    List<Key> keys =
        List.of(Key.of(0), Key.of(1), Key.of(2), Key.of(-1), KEY, KEY.fold(0), KEY.fold(1));
    for (Key a : keys) {
      double[] x = a.uniform(FLOAT64, n).toDoubleArray();
      assertTrue(Math.abs(correlation(x, x, 1)) < 5 / Math.sqrt(n), "with the next");
      for (Key b : keys) {
        if (!a.equals(b)) {
          double[] y = b.uniform(FLOAT64, n).toDoubleArray();
          assertFalse(Arrays.equals(x, y));
          assertTrue(Math.abs(correlation(x, y, 0)) < 5 / Math.sqrt(n), a + " and " + b);
        }
      }
    }
  }

  /** Of numbers from [0, 1), those of y moved by so many places. */
  private static double correlation(double[] x, double[] y, int shift) {
    return IntStream.range(0, x.length - shift)
            .mapToDouble(i -> (x[i] - 0.5) * (y[i + shift] - 0.5))
            .average()
            .orElseThrow()
        * 12;
  }

  // -- Distributions ------------------------------------------------------------------------------

  @Test
  void uniformNumbersHaveTheMoments() {
    int n = 200_000;
    for (DType dtype : List.of(FLOAT32, FLOAT64)) {
      double[] x = KEY.uniform(dtype, n).toDoubleArray();
      for (double v : x) {
        assertTrue(v >= 0 && v < 1);
      }
      for (int k = 1; k <= 4; k++) {
        // E xᵏ = 1/(k+1), var xᵏ = 1/(2k+1) − 1/(k+1)².
        double mean = 1.0 / (k + 1);
        assertMean(mean, 1.0 / (2 * k + 1) - mean * mean, moment(x, k), n);
      }
    }
  }

  @Test
  void normalNumbersHaveTheMomentsAndTheTails() {
    int n = 200_000;
    double[] moments = {0, 1, 0, 3, 0, 15};
    double[] squares = {1, 3, 15, 105, 945, 10395};
    double[] tails = {0.3173105078629141, 0.04550026389635841, 0.0026997960632601866};
    for (DType dtype : List.of(FLOAT32, FLOAT64)) {
      double[] x = KEY.normal(dtype, n).toDoubleArray();
      for (int k = 1; k <= moments.length; k++) {
        double mean = moments[k - 1];
        assertMean(mean, squares[k - 1] - mean * mean, moment(x, k), n);
      }
      for (int s = 1; s <= tails.length; s++) {
        int sigmas = s;
        double outside = Arrays.stream(x).filter(v -> Math.abs(v) > sigmas).count() / (double) n;
        assertMean(tails[s - 1], tails[s - 1] * (1 - tails[s - 1]), outside, n);
      }
    }
  }

  private static double moment(double[] x, int k) {
    return Arrays.stream(x).map(v -> Math.pow(v, k)).average().orElseThrow();
  }

  /** That the mean of n numbers of that mean and variance is within five deviations. */
  private static void assertMean(double mean, double variance, double got, int n) {
    assertEquals(mean, got, 5 * Math.sqrt(variance / n));
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 3, 5, 6, 7, 10, 100, 127, 129, 1000})
  void integersFillTheirRangeEvenly(long range) {
    long low = -range / 3;
    int n = 40_000;
    int[] counts = new int[(int) range];
    for (long v : KEY.fold(range).integers(low, low + range, n).toLongArray()) {
      counts[(int) (v - low)]++;
    }
    assertEven(counts, n);
  }

  @ParameterizedTest
  @ValueSource(longs = {(1L << 31) + 1, 3_000_000_019L, (1L << 33) - 1, 3L << 61, -1, -(1L << 61)})
  void integersOfALargeRangeFillItEvenly(long range) {
    long low = Long.MIN_VALUE;
    int n = 40_000;
    int[] counts = new int[30];
    for (long v : KEY.fold(range).integers(low, low + range, n).toLongArray()) {
      double part = unsigned(v - low) / unsigned(range);
      counts[(int) (part * 30)]++;
    }
    assertEven(counts, n);
  }

  private static double unsigned(long x) {
    return (x >>> 1) * 2.0 + (x & 1);
  }

  @Test
  void everyBitIsOneHalfTheTime() {
    int n = 40_000;
    long[] x = KEY.bits(INT64, n).toLongArray();
    for (int bit = 0; bit < 64; bit++) {
      int b = bit;
      double ones = Arrays.stream(x).filter(v -> (v >>> b & 1) == 1).count() / (double) n;
      assertMean(0.5, 0.25, ones, n);
    }
  }

  @Test
  void boolsAreTrueSoOften() {
    int n = 40_000;
    for (double p : new double[] {0, 1e-3, 0.1, 0.5, 0.99, 1}) {
      double part = KEY.bernoulli(p, n).sum().item() / n;
      assertMean(p, p * (1 - p), part, n);
    }
  }

  @Test
  void permutationsHoldEveryNumberOnce() {
    for (int n : new int[] {2, 3, 10, 1000}) {
      Tensor p = KEY.permutation(n);
      assertEquals(INT64, p.dtype());
      assertArrayEquals(
          LongStream.range(0, n).toArray(), Arrays.stream(p.toLongArray()).sorted().toArray());
      assertArrayEquals(p.toLongArray(), KEY.permutation(n).toLongArray());
      assertFalse(
          n > 3 && Arrays.equals(p.toLongArray(), KEY.fold(1).permutation(n).toLongArray()));
    }
  }

  @Test
  void permutationsAreEquallyFrequent() {
    int n = 24_000;
    int[] counts = new int[256];
    for (int i = 0; i < n; i++) {
      long[] p = KEY.fold(i).permutation(4).toLongArray();
      counts[(int) (p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3])]++;
    }
    int[] found = Arrays.stream(counts).filter(c -> c > 0).toArray();
    assertEquals(24, found.length);
    assertEven(found, n);
  }

  /** χ² of n numbers in classes of equal probability: mean k − 1, variance 2(k − 1). */
  private static void assertEven(int[] counts, int n) {
    double each = (double) n / counts.length;
    double squares = Arrays.stream(counts).mapToDouble(c -> (c - each) * (c - each) / each).sum();
    double k = counts.length - 1;
    assertEquals(k, squares, 5 * Math.sqrt(2 * k));
  }
}
