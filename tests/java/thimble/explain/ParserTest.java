package thimble.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thimble.tensor.Unary;

/** Expressions as people type them, and what they are told of mistakes. */
class ParserTest {
  private static final Map<String, Double> POINT =
      Map.of("x", 0.5, "y", 2.0, "x1", 2.0, "x2", 5.0, "eta", 3.0);

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ln(x1) + x1*x2 - sin(x2); 11.652071455223084",
        "ln x1 + x1·x2 − sin x2; 11.652071455223084",
        "2+3*4; 14",
        "(2+3)*4; 20",
        "2-3-4; -5",
        "16/4/2; 2",
        "16/4*2; 8",
        "2^3^2; 512",
        "-2^2; -4",
        "(-2)^2; 4",
        "2^-1; 0.5",
        "2*-3; -6",
        "- - 3; 3",
        "+3; 3",
        ".5 + 5. + 1e3 + 1.5E-1; 1005.65",
        "pi; 3.141592653589793",
        "e; 2.718281828459045",
        "e^2; 7.38905609893065",
        "eta + 1; 4",
        "max(x, y); 2",
        "min(x, y); 0.5",
        "maximum(x, y) - minimum(x, y); 1.5",
        "atan2(y, x); 1.3258176636680326",
        "remainder(-1, 3); 2",
        "abs(-x); 0.5",
        "sqrt(y*8); 4",
        "log(e); 1",
        "where(x < y, 1, 2); 1",
        "where(x = 0.5, 1, 2); 1",
        "where(and(x < 1, or(y < 1, xor(x < 1, y < 1))), 1, 2); 1",
        "where(x ≠ 0.5, 1, 2); 2",
        "2 ÷ 4 × 8; 4",
        "-1/inf + min(∞, 3); 3",
        "where(nan = nan, 1, 2); 2",
      })
  void values(String text, double expected) {
    assertEquals(expected, Expr.parse(text).at(POINT), 1e-14 * Math.abs(expected));
  }

  @Test
  void everyUnaryRowIsAFunctionByItsName() {
    for (Unary row : Unary.values()) {
      double expected = row.apply(thimble.tensor.Tensor.of(0.3)).item();
      assertEquals(expected, Expr.parse(row + "(x)").at(Map.of("x", 0.3)), row.toString());
      assertEquals(expected, Expr.parse(row + " x").at(Map.of("x", 0.3)), row.toString());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      value = {
        "\"\"; 1; expected a number, a name or '('",
        "2x; 2; expected an operator: a product is written 2*x",
        "x1 x2; 4; expected an operator: a product is written x1*x2",
        "2(x); 2; expected an operator: a product is written 2*(",
        "(x)(y); 4; expected an operator: a product is written )*(",
        "x(y); 1; no function is called x; for a product write x*(…). There are: abs, acos,",
        "foo(x); 1; no function is called foo",
        "2*; 3; expected a number, a name or '(' after '*'",
        "x + * y; 5; expected a number, a name or '(' after '+'",
        "x * / y; 5; expected a number, a name or '(' after '*'",
        "(; 2; expected a number, a name or '(' after '('",
        "(); 2; expected a number, a name or '(' after '('",
        "(x; 3; expected ')' or an operator",
        "(x y); 4; expected ')' or an operator: a product is written x*y",
        "x); 2; no '(' is open here",
        "sin; 4; expected '(' after the function sin",
        "sin + 1; 5; expected '(' after the function sin",
        "sin(x, y); 4; sin takes 1 argument, not 2",
        "max(x); 4; max takes 2 arguments, not 1",
        "max x; 5; expected '(' after the function max",
        "sin(; 5; expected a number, a name or '(' after '('",
        "sin(x; 6; expected ')' or an operator",
        "sin x^2; 6; is it the function or its argument that is raised? Write sin(x)^",
        "x, y; 2; a ',' separates the arguments of a function only",
        "x < y; 3; a comparison is the first argument of where only",
        "where(x, 1, 2); 8; expected a comparison: <, <=, >, >=, = or !=",
        "where(and(x, y), 1, 2); 12; expected a comparison: <, <=, >, >=, = or !=",
        "where(and(x < 1), 1, 2); 16; expected ',' or an operator",
        "and(x < 1, y < 1); 1; no function is called and",
        "x ** 2; 3; a power is written ^",
        "|x|; 1; '|' means nothing in an expression: write abs(x)",
        "x @ y; 3; '@' means nothing in an expression",
        "x = 3; 3; a comparison is the first argument of where only",
        "1.2.3; 4; a number has one point",
        "1..2; 3; a number has one point",
        ".; 1; '.' means nothing in an expression",
        "1e999; 1; 1e999 is too large for a double",
        "1e; 2; expected an operator: a product is written 1*e",
        "2^; 3; expected a number, a name or '(' after '^'",
        "x^^2; 3; expected a number, a name or '(' after '^'",
        "sinx(2); 1; no function is called sinx",
        "x\ty; 3; expected an operator: a product is written x*y",
        "😀 + 1; 1; '😀' means nothing",
        "x + 😀; 5; '😀' means nothing",
      })
  void mistakesAreShown(String text, int column, String problem) {
    ExpressionException e = assertThrows(ExpressionException.class, () -> Expr.parse(text));
    List<String> lines = e.getMessage().lines().toList();

    assertEquals(3, lines.size(), e.getMessage());
    assertTrue(lines.getFirst().startsWith("column " + column + ": " + problem), e.getMessage());
    assertEquals("  " + text.replace('\t', ' '), lines.get(1));
    assertEquals("  " + " ".repeat(column - 1) + "^", lines.get(2));
    assertEquals(column, e.column());
  }

  @Test
  void ofALongTextThePartAroundTheMistakeIsShown() {
    String text = "x + ".repeat(100) + "? + x" + " + x".repeat(100);
    List<String> lines =
        assertThrows(ExpressionException.class, () -> Expr.parse(text))
            .getMessage()
            .lines()
            .toList();

    assertTrue(lines.get(1).length() < 70, lines.get(1));
    assertEquals('?', lines.get(1).charAt(lines.get(2).indexOf('^')));
  }

  @Test
  void deepNestingIsRefusedAndLongChainsAreNot() {
    assertThrows(
        ExpressionException.class,
        () -> Expr.parse("(".repeat(100_000) + "x" + ")".repeat(100_000)));
    assertThrows(ExpressionException.class, () -> Expr.parse("-".repeat(100_000) + "x"));
    assertThrows(
        ExpressionException.class, () -> Expr.parse("where(" + "and(".repeat(100_000) + "x"));
    assertThrows(ExpressionException.class, () -> Expr.parse("x" + "^x".repeat(100_000)));
    assertEquals(100_001, Expr.parse("1" + "+1".repeat(100_000)).at(Map.of()));
  }

  /** Whatever is typed: an expression or an ExpressionException, nothing else. */
  @Test
  void nonsenseNeverGivesAnotherException() {
    Random random = new Random(1);
    String letters = "xy12.e+-*/^(),<=! sincoslnmaxwhere·−?π";
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int k = random.nextInt(14); k >= 0; k--) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      try {
        assertTrue(Expr.parse(text.toString()).toString().length() > 0);
      } catch (ExpressionException e) {
        refused++;
      }
    }
    assertTrue(refused > 10_000 && refused < 20_000, refused + " refused");
  }
}
