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
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import thimble.tensor.DType;
import thimble.tensor.Shape;
import thimble.tensor.Tensor;

/** Known answers out of {@code tests/cases}: a JSON file of them, each an object with an id. */
final class Cases {
  private Cases() {}

  /** One known answer. */
  record Case(JsonObject json) {
    String id() {
      return json.get("id").getAsString();
    }

    String kind() {
      return json.get("kind").getAsString();
    }

    double number(String name) {
      return json.get(name).getAsDouble();
    }

    /** A number, 0 if it is not there. */
    double numberOrZero(String name) {
      return json.has(name) ? number(name) : 0;
    }

    Value value(String name) {
      return Value.of(json.get(name));
    }

    Tensor tensor(String name) {
      return value(name).tensor();
    }

    List<Value> values(String name) {
      return list(name).map(Value::of).toList();
    }

    Stream<JsonElement> list(String name) {
      return elements(json.getAsJsonArray(name));
    }

    @Override
    public String toString() {
      return id();
    }
  }

  /** An array: {@code {"dtype", "shape", "data"}}. */
  record Value(DType dtype, Shape shape, double[] data) {
    static Value of(JsonElement e) {
      JsonObject o = e.getAsJsonObject();
      return new Value(
          DType.valueOf(o.get("dtype").getAsString().toUpperCase(Locale.ROOT)),
          Shape.of(longs(o.get("shape"))),
          doubles(o.get("data")));
    }

    Tensor tensor() {
      return Tensor.of(data, shape.toArray()).reshape(shape).to(dtype);
    }

    /** That got has this shape and these elements: |got - expected| <= atol + rtol |expected|. */
    void assertClose(Tensor got, double rtol, double atol, String what) {
      assertEquals(shape, got.shape(), what);
      double[] v = got.toDoubleArray();
      for (int i = 0; i < data.length; i++) {
        double error = Math.abs(v[i] - data[i]);
        assertTrue(
            error <= atol + rtol * Math.abs(data[i]),
            "%s: element %d is %s, not %s".formatted(what, i, v[i], data[i]));
      }
    }

    /** The Frobenius norm of this - got. */
    double distance(Tensor got) {
      assertEquals(shape, got.shape());
      double[] v = got.toDoubleArray();
      return Math.sqrt(
          IntStream.range(0, v.length).mapToDouble(i -> (data[i] - v[i]) * (data[i] - v[i])).sum());
    }
  }

  /** The cases of a file whose kind passes. */
  static List<Case> read(String file, Predicate<String> kind) {
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

  static Stream<JsonElement> elements(JsonArray a) {
    return StreamSupport.stream(a.spliterator(), false);
  }

  /** Numbers; those that JSON has none for are strings, as {@link Double#parseDouble} reads. */
  static double[] doubles(JsonElement a) {
    return elements(a.getAsJsonArray())
        .mapToDouble(e -> Double.parseDouble(e.getAsString()))
        .toArray();
  }

  static long[] longs(JsonElement a) {
    return elements(a.getAsJsonArray()).mapToLong(JsonElement::getAsLong).toArray();
  }

  static int[] ints(JsonElement a) {
    return elements(a.getAsJsonArray()).mapToInt(JsonElement::getAsInt).toArray();
  }
}
