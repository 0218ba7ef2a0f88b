package thimble.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts an expression into words. */
final class Lexer {
  private static final Pattern NUMBER =
      Pattern.compile("(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");
  private static final Pattern NAME = Pattern.compile("∞|[\\p{L}_][\\p{L}\\p{M}0-9_]*");
  private static final Pattern SIGN = Pattern.compile("<=|>=|!=|\\*\\*|[-+*/^(),<>=·×⋅−÷≤≥≠]");
  private static final Map<String, String> MEANT =
      Map.of("·", "*", "×", "*", "⋅", "*", "−", "-", "÷", "/", "≤", "<=", "≥", ">=", "≠", "!=");

  private final String text;
  private int at;

  Lexer(String text) {
    this.text = text;
  }

  List<Token> tokens() {
    List<Token> tokens = new ArrayList<>();
    skipBlanks();
    while (at < text.length()) {
      tokens.add(token());
      skipBlanks();
    }
    tokens.add(new Token(Token.Kind.END, "the end", text.length()));
    return tokens;
  }

  private void skipBlanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private Token token() {
    int start = at;
    String word = word(NUMBER);
    if (!word.isEmpty()) {
      if (at < text.length() && text.charAt(at) == '.') {
        throw new ExpressionException("a number has one point", text, at);
      }
      return new Token(Token.Kind.NUMBER, word, start);
    }
    word = word(NAME);
    if (!word.isEmpty()) {
      return new Token(Token.Kind.NAME, word, start);
    }
    word = word(SIGN);
    if (word.equals("**")) {
      throw new ExpressionException("a power is written ^", text, start);
    }
    if (word.isEmpty()) {
      String character = new String(Character.toChars(text.codePointAt(at)));
      String hint = character.equals("|") ? ": write abs(x)" : "";
      throw new ExpressionException(
          "'%s' means nothing in an expression%s".formatted(character, hint), text, at);
    }
    return new Token(Token.Kind.SIGN, MEANT.getOrDefault(word, word), start);
  }

  private String word(Pattern pattern) {
    Matcher m = pattern.matcher(text).region(at, text.length());
    if (!m.lookingAt()) {
      return "";
    }
    at = m.end();
    return m.group();
  }
}
