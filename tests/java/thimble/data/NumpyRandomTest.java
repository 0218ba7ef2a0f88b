package thimble.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The generator against vectors of NumPy's own, {@code rng_numpy_legacy.json}. */
class NumpyRandomTest {
  // The logarithm may differ in its last bit from the one NumPy was built with.
  private static final double RTOL = 1e-14;

  @TestFactory
  List<DynamicTest> drawsWhatNumpyDraws() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonElement element : cases()) {
      JsonObject vector = element.getAsJsonObject();
      tests.add(dynamicTest(vector.get("id").getAsString(), () -> check(vector)));
    }
    assertTrue(tests.size() >= 11, "vectors are missing");
    return tests;
  }

  private static void check(JsonObject vector) {
    long seed = vector.get("seed").getAsLong();
    long[] bits = longs(vector, "uint32");
    NumpyRandom raw = new NumpyRandom(seed);
    assertArrayEquals(
        bits, LongStream.generate(() -> raw.uint32() & 0xFFFF_FFFFL).limit(bits.length).toArray());
    double[] uniform = doubles(vector, "rand");
    assertArrayEquals(uniform, new NumpyRandom(seed).rand(uniform.length));
    double[] normal = doubles(vector, "randn");
    assertClose(normal, new NumpyRandom(seed).randn(normal.length));
    assertArrayEquals(longs(vector, "randint_0_10"), new NumpyRandom(seed).randint(0, 10, 20));
    assertArrayEquals(longs(vector, "randint_0_100"), new NumpyRandom(seed).randint(0, 100, 20));
    assertArrayEquals(longs(vector, "randint_m5_6"), new NumpyRandom(seed).randint(-5, 6, 20));
    int[] order = new NumpyRandom(seed).permutation(12);
    assertArrayEquals(
        longs(vector, "permutation_12"), Arrays.stream(order).asLongStream().toArray());
    NumpyRandom mixed = new NumpyRandom(seed);
    assertClose(
        doubles(vector, "randn3_then_rand2_then_randn2"),
        concat(mixed.randn(3), mixed.rand(2), mixed.randn(2)));
    NumpyRandom weights = new NumpyRandom(seed);
    assertEquals(
        vector.get("sum_randn_784x100_f64").getAsDouble(), sumOfFloats(weights.randn(78400)), 1e-9);
    assertEquals(
        vector.get("sum_next_randn_100x10_f64").getAsDouble(),
        sumOfFloats(weights.randn(1000)),
        1e-9);
  }

  /** The double sum of values rounded to float32, as the vectors have it. */
  private static double sumOfFloats(double[] values) {
    return Arrays.stream(values).map(x -> (float) x).sum();
  }

  @Test
  void aRangeOfOneValueDrawsNothing() {
    NumpyRandom random = new NumpyRandom(0);
    assertEquals(7, random.randint(7, 8));
    assertArrayEquals(new int[] {0}, random.permutation(1));
    assertEquals(new NumpyRandom(0).uint32(), random.uint32());
  }

  @Test
  void shuffleDrawsAsPermutationDoes() {
    int[] values = {10, 11, 12, 13, 14, 15, 16, 17, 18, 19};
    new NumpyRandom(3).shuffle(values);
    int[] order = new NumpyRandom(3).permutation(10);
    assertArrayEquals(Arrays.stream(order).map(i -> i + 10).toArray(), values);
  }

  @Test
  void seedsAndRangesOutsideTheRuleAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new NumpyRandom(-1));
    assertThrows(IllegalArgumentException.class, () -> new NumpyRandom(1L << 32));
    NumpyRandom random = new NumpyRandom(0);
    assertThrows(IllegalArgumentException.class, () -> random.randint(5, 5));
    assertThrows(IllegalArgumentException.class, () -> random.randint(0, 1L << 32));
    assertThrows(
        IllegalArgumentException.class, () -> random.randint(Long.MIN_VALUE, Long.MAX_VALUE));
    assertThrows(IllegalArgumentException.class, () -> random.randn(-1));
    assertThrows(IllegalArgumentException.class, () -> random.rand(-1));
    assertThrows(IllegalArgumentException.class, () -> random.permutation(-1));
  }

  private static JsonArray cases() throws IOException {
    try (InputStream in =
            Objects.requireNonNull(
                NumpyRandomTest.class.getResourceAsStream("/rng_numpy_legacy.json"));
        Reader text = new InputStreamReader(in, StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(text).getAsJsonObject().getAsJsonArray("cases");
    }
  }

  private static double[] doubles(JsonObject vector, String name) {
    return vector.getAsJsonArray(name).asList().stream()
        .mapToDouble(JsonElement::getAsDouble)
        .toArray();
  }

  private static long[] longs(JsonObject vector, String name) {
    return vector.getAsJsonArray(name).asList().stream()
        .mapToLong(JsonElement::getAsLong)
        .toArray();
  }

  private static double[] concat(double[]... parts) {
    return Arrays.stream(parts).flatMapToDouble(Arrays::stream).toArray();
  }

  private static void assertClose(double[] expected, double[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], RTOL * Math.abs(expected[i]), "at " + i);
    }
  }
}
