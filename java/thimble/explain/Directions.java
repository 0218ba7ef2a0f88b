package thimble.explain;

import java.util.Map;
import java.util.stream.Collectors;

/** A direction in words. */
final class Directions {
  private Directions() {}

  /** " for x1", or " along x1 = 0.6, x2 = 0.8"; nothing where there is none. */
  static String text(Map<String, Double> direction) {
    if (direction.isEmpty()) {
      return "";
    }
    if (direction.size() == 1 && direction.containsValue(1.0)) {
      return " for " + direction.keySet().iterator().next();
    }
    return direction.entrySet().stream()
        .map(e -> "%s = %s".formatted(e.getKey(), Digits.ALL.text(e.getValue())))
        .collect(Collectors.joining(", ", " along ", ""));
  }
}
