package thimble.explain;

/**
 * A text that is no expression. The message has three lines: what was expected, the text, and a
 * caret below the place.
 */
public final class ExpressionException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /** How much of a long text is shown around the place. */
  private static final int WINDOW = 60;

  private final int column;

  ExpressionException(String problem, String text, int at) {
    super(message(problem, text, at));
    this.column = text.codePointCount(0, at) + 1;
  }

  /** Where, counted from 1 in characters. */
  public int column() {
    return column;
  }

  private static String message(String problem, String text, int at) {
    int[] shown = text.codePoints().map(c -> Character.isISOControl(c) ? ' ' : c).toArray();
    int place = text.codePointCount(0, at);
    int from = Math.max(0, place - WINDOW / 2);
    int to = Math.min(shown.length, from + WINDOW);
    String before = from > 0 ? "…" : "";
    String after = to < shown.length ? "…" : "";
    return "column %d: %s%n  %s%s%s%n  %s^"
        .formatted(
            place + 1,
            problem,
            before,
            new String(shown, from, to - from),
            after,
            " ".repeat(before.length() + place - from));
  }
}
