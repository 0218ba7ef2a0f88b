package thimble.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * One result of the bench.
 *
 * @param id the result's short name, such as "M1"
 * @param what what was measured
 * @param value how much that is, a median
 * @param unit the value's unit
 * @param reference what it is compared with
 * @param ratio the median ratio to the reference
 * @param target the ratio to stay at or below, if there is one
 */
public record Row(
    String id,
    String what,
    double value,
    String unit,
    String reference,
    double ratio,
    OptionalDouble target) {

  /** Makes a result without a target. */
  public Row(String id, String what, double value, String unit, String reference, double ratio) {
    this(id, what, value, unit, reference, ratio, OptionalDouble.empty());
  }

  /** Returns this result with a target. */
  public Row atMost(double limit) {
    return new Row(id, what, value, unit, reference, ratio, OptionalDouble.of(limit));
  }

  /** Returns whether the target is met; a result without one has nothing to miss. */
  public boolean met() {
    return target.isEmpty() || ratio <= target.getAsDouble();
  }

  /** Returns this result as a JSON object; target and met are null without a target. */
  public String json() {
    return "{\"id\": "
        + quoted(id)
        + ", \"what\": "
        + quoted(what)
        + ", \"value\": "
        + number(value)
        + ", \"unit\": "
        + quoted(unit)
        + ", \"reference\": "
        + quoted(reference)
        + ", \"ratio\": "
        + number(ratio)
        + ", \"target\": "
        + (target.isPresent() ? number(target.getAsDouble()) : "null")
        + ", \"met\": "
        + (target.isPresent() ? met() : "null")
        + "}";
  }

  /** Writes results to {@code file} as a JSON array. */
  public static void write(Path file, List<Row> rows) throws IOException {
    Files.writeString(
        file, rows.stream().map(Row::json).collect(Collectors.joining(",\n  ", "[\n  ", "\n]\n")));
  }

  /** JSON has no NaN and no infinity. */
  private static String number(double x) {
    return Double.isFinite(x) ? Double.toString(x) : "null";
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"', '\\' -> json.append('\\').append(c);
        default -> {
          if (c < 0x20 || Character.isSurrogate(c)) {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"').toString();
  }
}
