package thimble.explain;

/**
 * A word of an expression.
 *
 * @param kind what it is
 * @param text as it is meant: {@code *} for ·
 * @param at where it begins
 */
record Token(Kind kind, String text, int at) {
  /** What words there are. */
  enum Kind {
    NUMBER,
    NAME,
    SIGN,
    END
  }

  boolean is(String sign) {
    return kind == Kind.SIGN && text.equals(sign);
  }
}
