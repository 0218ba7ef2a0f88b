package thimble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import thimble.tensor.DType;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;

/** Known answers out of {@code tests/cases}: a JSON file of them, each an object with an id. */
public final class Cases {
  private Cases() {}

  /** One known answer. */
  public record Case(JsonObject json) {
    public String id() {
      return json.get("id").getAsString();
    }

    public String kind() {
      return json.get("kind").getAsString();
    }

    public double number(String name) {
      return json.get(name).getAsDouble();
    }

    /** A number, 0 if it is not there. */
    public double numberOrZero(String name) {
      return json.has(name) ? number(name) : 0;
    }

    public Value value(String name) {
      return Value.of(json.get(name));
    }

    public Tensor tensor(String name) {
      return value(name).tensor();
    }

    public List<Value> values(String name) {
      return list(name).map(Value::of).toList();
    }

    public Stream<JsonElement> list(String name) {
      return elements(json.getAsJsonArray(name));
    }

    @Override
    public String toString() {
      return id();
    }
  }

  /** An array: {@code {"dtype", "shape", "data"}}; floats are written with the digits of one. */
  public record Value(DType dtype, Shape shape, double[] data) {
    public static Value of(JsonElement e) {
      JsonObject o = e.getAsJsonObject();
      DType dtype = DType.valueOf(o.get("dtype").getAsString().toUpperCase(Locale.ROOT));
      DoubleUnaryOperator written = x -> dtype == DType.FLOAT32 ? (float) x : x;
      return new Value(
          dtype,
          Shape.of(longs(o.get("shape"))),
          Arrays.stream(doubles(o.get("data"))).map(written).toArray());
    }

    public Tensor tensor() {
      return Tensor.of(data, shape.toArray()).reshape(shape).to(dtype);
    }

    /**
     * That got has this shape and these elements: |got - expected| <= atol + rtol |expected|, and
     * what is not finite is the same.
     */
    public void assertClose(Tensor got, double rtol, double atol, String what) {
      assertEquals(shape, got.shape(), what);
      double[] v = got.toDoubleArray();
      for (int i = 0; i < data.length; i++) {
        double error = Math.abs(v[i] - data[i]);
        assertTrue(
            error <= atol + rtol * Math.abs(data[i]) || Double.compare(v[i], data[i]) == 0,
            "%s: element %d is %s, not %s".formatted(what, i, v[i], data[i]));
      }
    }

    /** The Frobenius norm of this - got. */
    public double distance(Tensor got) {
      assertEquals(shape, got.shape());
      double[] v = got.toDoubleArray();
      return Math.sqrt(
          IntStream.range(0, v.length).mapToDouble(i -> (data[i] - v[i]) * (data[i] - v[i])).sum());
    }
  }

  /** The cases of a file whose kind passes. */
  public static List<Case> read(String file, Predicate<String> kind) {
    try (InputStreamReader in =
        new InputStreamReader(
            Objects.requireNonNull(Cases.class.getResourceAsStream("/" + file), file),
            StandardCharsets.UTF_8)) {
      JsonArray cases = JsonParser.parseReader(in).getAsJsonObject().getAsJsonArray("cases");
      return elements(cases)
          .map(e -> new Case(e.getAsJsonObject()))
          .filter(c -> kind.test(c.kind()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static Stream<JsonElement> elements(JsonArray a) {
    return StreamSupport.stream(a.spliterator(), false);
  }

  /** Numbers; those that JSON has none for are strings, as {@link Double#parseDouble} reads. */
  public static double[] doubles(JsonElement a) {
    return elements(a.getAsJsonArray())
        .mapToDouble(e -> Double.parseDouble(e.getAsString()))
        .toArray();
  }

  public static long[] longs(JsonElement a) {
    return elements(a.getAsJsonArray()).mapToLong(JsonElement::getAsLong).toArray();
  }

  public static int[] ints(JsonElement a) {
    return elements(a.getAsJsonArray()).mapToInt(JsonElement::getAsInt).toArray();
  }
}
