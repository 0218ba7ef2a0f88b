package thimble.bench;

/** Values as JSON writes them. */
final class Json {
  private Json() {}

  /** JSON has no NaN and no infinity. */
  static String of(double x) {
    return Double.isFinite(x) ? Double.toString(x) : "null";
  }

  static String of(String text) {
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
