package thimble.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.tensor.Unary;
import thimble.transform.Grad;
import thimble.transform.Rules;

/** Expressions: derivatives, simplification and printing. */
class ExprTest {
  // -- Derivatives --------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ln(x1) + x1*x2 - sin(x2); x1; 1/x1 + x2",
        "ln(x1) + x1*x2 - sin(x2); x2; x1 - cos x2",
        "x; x; 1",
        "x; y; 0",
        "5; x; 0",
        "x^3/3 - 2*x; x; x^2 - 2",
        "x^3 + 1 + x + x^2; x; 3*x^2 + 2*x + 1",
        "1/x; x; -1/x^2",
        "x/3; x; 1/3",
        "1.5*x; x; 3/2",
        "0.1 + 0.2*x; x; 0.2",
        "1e-9*x; x; 1e-9",
        "pi*x; x; pi",
        "sqrt(x); x; 1/(2*sqrt(x))",
        "rsqrt(x); x; -1/(2*x^(3/2))",
        "reciprocal(x); x; -1/x^2",
        "e^x; x; e^x",
        "exp(-x^2); x; -2*x*e^(-x^2)",
        "expm1(2*x); x; 2*e^(2*x)",
        "ln(3*x); x; 1/x",
        "log1p(x); x; 1/(x + 1)",
        "sin(-x); x; -cos x",
        "cos(-2*x); x; -2*sin(2*x)",
        "tan(x); x; tan(x)^2 + 1",
        "asin(x); x; 1/sqrt(1 - x^2)",
        "acos(x); x; -1/sqrt(1 - x^2)",
        "atan(x); x; 1/(x^2 + 1)",
        "sinh(x); x; cosh x",
        "cosh(x); x; sinh x",
        "tanh(x); x; 1 - tanh(x)^2",
        "sigmoid(x); x; sigmoid(x)*(1 - sigmoid x)",
        "softplus(x); x; sigmoid x",
        "erf(x); x; 1.1283791670955126*e^(-x^2)",
        "abs(x); x; sign x",
        "sign(x) + floor(x) + ceil(x) + round(x); x; 0",
        "relu(x); x; where(x > 0, 1, 0)",
        "relu(x)^2; x; where(x > 0, 2*relu x, 0)",
        "max(x, y); y; where(y > x, 1, 0)",
        "min(x, 3); x; where(x < 3, 1, 0)",
        "where(x > 0, x, 0.1*x); x; where(x > 0, 1, 0.1)",
        "where(x <= y, sin(x), x^2); x; where(x <= y, cos x, 2*x)",
        "remainder(x, y); y; -floor(x/y)",
        "atan2(y, x); x; -y/(x^2 + y^2)",
        "atan2(y, x); y; x/(x^2 + y^2)",
        "x^y; x; y*x^(y - 1)",
        "x^y; y; x^y*ln x",
        "2^x; x; 2^x*ln 2",
        "x/y; y; -x/y^2",
        "x/(x + 1); x; 1/(x + 1) - x/(x + 1)^2",
        "x*y*z; y; x*z",
        "a/b/c; c; -a/(b*c^2)",
        "(a/b)^2; b; -2*a^2/b^3",
        "(x + 1)*(x + 1); x; 2*x + 2",
        "e^x*sin(x); x; e^x*cos x + e^x*sin x",
        "cos(x)^2 + sin(x)^2; x; 0",
        "cosh(x)^2 - sinh(x)^2; x; 0",
        "1/(1 + e^(-x)); x; e^(-x)/(e^(-x) + 1)^2",
        "ln(e^x); x; 1",
        "x - x; x; 0",
      })
  void theDerivativePrintsAsMathematics(String f, String x, String expected) {
    Expr derivative = Expr.parse(f).derivative(x);

    assertEquals(expected, derivative.toString());
    assertEquals(derivative, Expr.parse(expected).simplify(), "what is printed reads the same");
  }

  @Test
  void everyUnaryRowHasADerivativeThatIsThatOfTheTensor() {
    for (Unary row : Unary.values()) {
      Expr f = Expr.parse(row + "(x)");
      Expr derivative = f.derivative("x");
      for (double at : new double[] {0.3, 0.7}) {
        double expected = Grad.<Tensor>grad(row::apply).apply(Tensor.of(at)).item();
        assertEquals(expected, derivative.at(Map.of("x", at)), 1e-14 * Math.abs(expected), f + "");
      }
    }
  }

  @Test
  void aDerivativeCanBeDifferentiated() {
    Expr f = Expr.parse("x^3*y^2");

    assertEquals("12*x*y", f.derivative("x").derivative("x").derivative("y").toString());
    assertEquals("0", f.derivative("y").derivative("y").derivative("y").toString());
  }

  @Test
  void aFunctionOfTensorsIsAnExpression() {
    Expr f =
        Expr.trace(
            List.of("a", "b"),
            in -> {
              Tensor h = in.get(0);
              for (int i = 0; i < 3; i++) {
                h = h.mul(in.get(1)).add(1);
              }
              return h.reshape(1).sum();
            });

    assertEquals("((a*b + 1)*b + 1)*b + 1", f.toString());
    assertEquals("b^3", f.derivative("a").toString());
  }

  @Test
  void aFunctionMayTakeDerivativesItself() {
    assertEquals(
        "2*cos x - x*sin x",
        traced(x -> Grad.hessian((Tensor v) -> v.sin().mul(v)).apply(x)).simplify().toString());
    assertEquals(
        "x*cos x + sin x",
        traced(x -> Grad.<Tensor>grad(v -> v.sin().mul(v)).apply(x)).simplify().toString());
    assertEquals(
        "cos x",
        traced(x -> Grad.vmap((Tensor v) -> v.sin()).apply(x.reshape(1))).derivative("x") + "");
  }

  private static Expr traced(Function<Tensor, Tensor> f) {
    return Expr.trace(List.of("x"), in -> f.apply(in.getFirst()));
  }

  @Test
  void truthIsAChoiceAndWholeNumbersAreNoFormula() {
    assertEquals("where(x > 1, 1, 0)", traced(x -> x.gt(1).to(DType.FLOAT64)).toString());
    assertEquals("x != 0", traced(x -> x.to(DType.BOOL)).toString());
    assertThrows(UnsupportedOperationException.class, () -> traced(x -> x.to(DType.INT32)));
  }

  /** What looks different may be equal, everywhere or in a whole region. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "max(max(x, y), x); 1",
        "max(relu(x), x); 1",
        "max(abs(x), x); 1",
        "min(sqrt(x^2), x); 1",
        "max(ln(e^x), x); 1",
        "max(sin(x)^2 + cos(x)^2, 1) + x; 1",
        "max(x*(x + 1), x^2 + x); 5",
        "where(floor(x) = 2, x, 3*x); 1",
        "where(sign(x) != 1, 3*x, x); 1",
        "where(max(x, y) = x, x, 3*x); 1",
        "relu(y - x)^(x - x); 0",
      })
  void aTieInAWholeRegionIsNoAccident(String text, double expected) {
    Expr derivative = Expr.parse(text).derivative("x");
    assertEquals(expected, derivative.at(Map.of("x", 2.0, "y", 1.0)), 1e-15, derivative + "");
    Expr read = Expr.parse(derivative.toString());
    assertEquals(expected, read.at(Map.of("x", 2.0, "y", 1.0)), 1e-15, derivative + "");
  }

  @Test
  void conditionsMayBeMadeOfConditions() {
    Map<String, Function<Tensor, Tensor>> masks =
        Map.of(
            "not", x -> x.gt(1).not(),
            "and", x -> x.gt(1).and(x.lt(3)),
            "or", x -> x.gt(3).or(x.le(0).xor(x.lt(1))),
            "both", x -> x.gt(1).not().and(x),
            "eq", x -> x.gt(1).eq(x.lt(3)),
            "where", x -> Tensor.where(x.gt(1), x.lt(3), x.lt(0)));
    masks.forEach((name, mask) -> {
      Function<Tensor, Tensor> f = x -> Tensor.where(mask.apply(x), x.mul(3), x.mul(5));
      Expr e = traced(f);
      for (double at : new double[] {-1, 0.5, 2, 4}) {
        double expected = f.apply(Tensor.of(at)).item();
        for (Expr same : List.of(e, e.simplify(), Expr.parse(e.toString()))) {
          assertEquals(expected, same.at(Map.of("x", at)), name + " at " + at + ": " + same);
        }
        Expr slope = e.derivative("x");
        assertEquals(expected / at, slope.at(Map.of("x", at)), name + " at " + at + ": " + slope);
        assertEquals(slope, Expr.parse(slope.toString()).simplify(), name);
      }
    });
  }

  /** Its derivative would be another one than the formula's. */
  @Test
  void aPartWithADerivativeOfItsOwnIsNoFormula() {
    Function<Tensor, Tensor> straight =
        Rules.customVjp((Tensor v) -> v.floor(), (Tensor v, Tensor ct) -> ct);
    for (Function<Tensor, Tensor> f : List.of(x -> x.detach().mul(x), straight)) {
      String said = assertThrows(UnsupportedOperationException.class, () -> traced(f)).getMessage();
      assertTrue(said.matches("symbolic: (detach|customVjp), which.*"), said);
    }
  }

  @Test
  void twoVariablesOfOneNameAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Expr.trace(List.of("x", "x"), in -> in.get(0).mul(in.get(1))));
  }

  @Test
  void opsWithoutAMeaningForScalarsAreNamed() {
    for (String op : List.of("matmul", "softmax", "concat")) {
      UnsupportedOperationException e =
          assertThrows(
              UnsupportedOperationException.class,
              () ->
                  Expr.trace(
                      List.of("x"),
                      in -> {
                        Tensor x = in.getFirst().reshape(1, 1);
                        return switch (op) {
                          case "matmul" -> x.matmul(x);
                          case "softmax" -> x.softmax(0);
                          default -> Tensor.concat(0, x, x).sum();
                        };
                      }));
      assertTrue(e.getMessage().startsWith("symbolic: " + op), e.getMessage());
    }
  }

  @Test
  void aFunctionOfSeveralNumbersIsRefused() {
    assertThrows(
        UnsupportedOperationException.class,
        () -> Expr.trace(List.of("x"), in -> in.getFirst().broadcastTo(3)));
  }

  // -- Simplification -----------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "x*1 + 0; x",
        "0*x; 0",
        "--x; x",
        "x^1; x",
        "x^0; 1",
        "x/x; 1",
        "x + x + 2*x; 4*x",
        "x*x*x; x^3",
        "x^2*x^-3; 1/x",
        "3*x + 2*(x - 1); 5*x - 2",
        "a - (b - c); a - b + c",
        "a + (b + c); a + b + c",
        "-(x - y); -(x - y)",
        "y*x; x*y",
        "x10 + x2 + x1; x1 + x2 + x10",
        "b*a - a*b; 0",
        "a/(b/c); a*c/b",
        "(x^2)^3; x^6",
        "(x^2)^0.5; sqrt(x^2)",
        "x^0.5*x^0.5; x",
        "(2*x)^2; 4*x^2",
        "(-x)^2; x^2",
        "-x^2; -x^2",
        "e^x*e^x; e^(2*x)",
        "(e^x)^2; e^(2*x)",
        "ln(e^x); ln(e^x)",
        "e^(ln(x)); e^ln(x)",
        "ln(1) + sin(0) + e^0; 1",
        "ln(e); 1",
        "4^0.5; 2",
        "2^0.5; sqrt 2",
        "2^10; 1024",
        "1/3 + 1/6; 1/2",
        "0.1 + 0.2; 0.30000000000000004",
        "1e300*1e300*x; inf*x",
        "9007199254740992*3; 2.7021597764222976e16",
        "cos(-x); cos x",
        "tanh(-2*x); -tanh(2*x)",
        "abs(-3); 3",
        "where(1 < 2, x, y); x",
        "where(x < x, x, y); y",
        "where(nan = nan, x, y); y",
        "where(and(1 < 2, x < y), x, y); where(x < y, x, y)",
        "where(xor(1 < 2, x < y), x, y); where(xor(1 != 0, x < y), x, y)",
        "where(or(x < y, 1 < 2), x, y); x",
        "where(x > 0, y, y); y",
        "where(x > 0, x, 0)*2; where(x > 0, 2*x, 0)",
        "sin(x) + 1 + cos(x)*2; 2*cos x + sin x + 1",
        "x*sin(x)/y; x*sin(x)/y",
        "x^2^3; x^8",
        "2^-x; 2^(-x)",
        "x^y^z; x^(y^z)",
        "(x^y)^z; (x^y)^z",
        "1 - x; 1 - x",
        "-1 - x; -x - 1",
      })
  void theNormalForm(String text, String expected) {
    Expr simple = Expr.parse(text).simplify();

    assertEquals(expected, simple.toString());
    assertEquals(simple, simple.simplify());
  }

  /** 500 random expressions: simplified, printed and read again, they have the same value. */
  @Test
  void simplifyingChangesNoValue() {
    Random random = new Random(4);
    int compared = 0;
    for (int i = 0; i < 500; i++) {
      Expr e = random(random, 5);
      Map<String, Double> point = new HashMap<>();
      for (String name : List.of("x", "y", "z")) {
        point.put(name, 0.2 + random.nextDouble());
      }
      double value = e.at(point);
      Expr simple = e.simplify();
      if (Math.abs(value) < 1e6) {
        assertEquals(value, simple.at(point), 1e-9 * (1 + Math.abs(value)), e + " = " + simple);
        assertEquals(simple, Expr.parse(simple.toString()).simplify(), e.toString());
        assertEquals(simple, Expr.parse(e.toString()).simplify(), e.toString());
        compared++;
      }
    }
    assertTrue(compared > 250, compared + " had a value");
  }

  /** Values and derivatives of random expressions are those of the tensor ops. */
  @Test
  void randomDerivativesAgreeWithReverseMode() {
    Random random = new Random(5);
    List<String> names = List.of("x", "y", "z");
    int compared = 0;
    for (int i = 0; i < 600; i++) {
      Expr e = random(random, 4);
      List<Tensor> at = names.stream().map(n -> Tensor.of(0.2 + random.nextDouble())).toList();
      List<Tensor> gradient =
          Grad.<List<Tensor>>grad(v -> e.apply(named(names, v)).add(v.getFirst().mul(0))).apply(at);
      Map<String, Double> point = new HashMap<>();
      for (int k = 0; k < 3; k++) {
        point.put(names.get(k), at.get(k).item());
      }
      for (int k = 0; k < 3; k++) {
        double expected = gradient.get(k).item();
        if (Math.abs(expected) < 1e6) {
          double actual = e.derivative(names.get(k)).at(point);
          assertEquals(expected, actual, 1e-8 * (1 + Math.abs(expected)), e.toString());
          compared++;
        }
      }
    }
    assertTrue(compared > 150, compared + " had a value");
  }

  private static Map<String, Tensor> named(List<String> names, List<Tensor> values) {
    Map<String, Tensor> named = new HashMap<>();
    for (int k = 0; k < names.size(); k++) {
      named.put(names.get(k), values.get(k));
    }
    return named;
  }

  private static Expr random(Random random, int depth) {
    if (depth == 0 || random.nextInt(6) == 0) {
      return random.nextInt(3) == 0
          ? Expr.number(new double[] {-2, -1, 0.5, 1, 2, 3, 0.3}[random.nextInt(7)])
          : new Expr.Symbol(List.of("x", "y", "z").get(random.nextInt(3)));
    }
    Expr a = random(random, depth - 1);
    Expr b = random(random, depth - 1);
    return switch (random.nextInt(11)) {
      case 0, 1 -> new Expr.Sum(List.of(a, b));
      case 2 -> new Expr.Sum(List.of(a, Expr.negative(b)));
      case 3, 4 -> new Expr.Product(List.of(a, b));
      case 5 -> Expr.quotient(a, b);
      case 6 -> new Expr.Power(a, Expr.number(random.nextInt(5) - 1));
      case 7 -> Expr.negative(a);
      case 8 -> new Expr.Call(random.nextBoolean() ? "max" : "min", List.of(a, b));
      case 9 ->
          new Expr.Call(
              "where",
              List.of(
                  new Expr.Call(List.of("lt", "ge", "eq").get(random.nextInt(3)), List.of(a, b)),
                  random(random, depth - 1),
                  a));
      default ->
          new Expr.Call(
              List.of("sin", "cos", "tanh", "abs", "exp", "erf", "relu", "floor", "sign")
                  .get(random.nextInt(9)),
              List.of(a));
    };
  }

  @Test
  void sharedPartsAreSimplifiedAndCountedOnce() {
    Expr e =
        Expr.trace(
            List.of("x"),
            in -> {
              Tensor h = in.getFirst();
              for (int i = 0; i < 60; i++) {
                h = h.sin().add(h.exp());
              }
              return h;
            });

    assertEquals(new Cost(60, 0, 0, 120), e.cost());
    assertEquals(new Cost(60, 0, 0, 120), e.simplify().cost());
    assertEquals(e.simplify(), e.simplify());
    assertTrue(e.toString().length() < 1 << 23, "written out it has 2⁶⁰ parts");
    assertTrue(e.latex().contains("…"));
  }

  @Test
  void aDeepExpressionIsWalkedWithoutRecursion() {
    Expr e =
        Expr.trace(
            List.of("x"),
            in -> {
              Tensor h = in.getFirst();
              for (int i = 0; i < 20_000; i++) {
                h = h.sin();
              }
              return h;
            });

    assertEquals(20_000, e.simplify().cost().functions());
    assertTrue(e.at(Map.of("x", 1.0)) > 0);
  }

  // -- Printing -----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "1/x1 + x2; \\frac{1}{x_1} + x_2",
        "x1 - cos(x12); x_1 - \\cos x_{12}",
        "x^3/3 - 2*x; \\frac{x^3}{3} - 2 x",
        "x^10; x^{10}",
        "sqrt(x + 1); \\sqrt{x + 1}",
        "tanh(x)^2; \\tanh^2 x",
        "asin(x + y); \\arcsin\\left(x + y\\right)",
        "sigmoid(x); \\operatorname{sigmoid} x",
        "abs(x); \\left|x\\right|",
        "floor(x); \\left\\lfloor x\\right\\rfloor",
        "e^(2*x); e^{2 x}",
        "pi*alpha_2; \\pi \\alpha_2",
        "rate*x; \\mathrm{rate} x",
        "2*3^x; 2 \\cdot 3^x",
        "min(x, inf) + nan; \\min\\left(x, \\infty\\right) + \\mathrm{NaN}",
        "1e-9*x; 1 \\cdot 10^{-9} x",
        "(x + y)*(x - y); \\left(x + y\\right) \\left(x - y\\right)",
        "where(x >= 0, x, where(x < -1, 1, 2)); \\begin{cases} x & \\text{if } x \\geq 0 \\\\ "
            + "1 & \\text{if } x < -1 \\\\ 2 & \\text{otherwise} \\end{cases}",
      })
  void latex(String text, String expected) {
    assertEquals(expected, Expr.parse(text).latex());
  }

  @Test
  void printingIsAsTypedWhereNotSimplified() {
    for (String text :
        List.of(
            "ln x1 + x1*x2 - sin x2",
            "x*x",
            "a - (b - c)",
            "a/(b/c)",
            "(a/b)*c",
            "(sin(x)*cos x)*tan x",
            "-x^2",
            "(-x)^2",
            "x*(-2)",
            "2^(-x)")) {
      assertEquals(text.equals("(a/b)*c") ? "a/b*c" : text, Expr.parse(text).toString());
    }
  }

  @Test
  void equalityIsByWhatIsWritten() {
    assertEquals(Expr.parse("x+y"), Expr.parse("x + y"));
    assertNotEquals(Expr.parse("x+y"), Expr.parse("y+x"));
    assertEquals(Expr.parse("x+y").simplify(), Expr.parse("y+x").simplify());
    assertEquals(Expr.parse("x+y").hashCode(), Expr.parse("x + y").hashCode());
  }

  // -- As a function of tensors -------------------------------------------------------------------

  @Test
  void itIsAFunctionOfTensors() {
    Expr f = Expr.parse("2*x^2 + max(x, 1) - y/4");
    Tensor x = Tensor.of(new float[] {1, 2, 3});
    Tensor y = Tensor.of(new float[][] {{4}, {8}});
    Tensor z = f.apply(Map.of("x", x, "y", y));

    assertEquals(DType.FLOAT32, z.dtype());
    assertEquals(
        List.of(2.0, 9.0, 20.0, 1.0, 8.0, 19.0),
        java.util.Arrays.stream(z.toDoubleArray()).boxed().toList());
    assertEquals(List.of("x", "y"), f.symbols());
  }

  @Test
  void aMissingVariableIsNamed() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Expr.parse("x*y").apply(Map.of("x", Tensor.of(1))));
    assertEquals("the variable y has no value: those given are [x]", e.getMessage());
  }

  // -- Operations ---------------------------------------------------------------------------------

  /**
   * Each partial derivative by its own product takes n(n − 2) multiplications; reverse mode O(n).
   */
  @Test
  void theProductOfNFactors() {
    for (int n = 2; n <= 20; n++) {
      List<String> names = new ArrayList<>();
      for (int i = 1; i <= n; i++) {
        names.add("x" + i);
      }
      Expr f = Expr.parse(String.join("*", names));
      int apart = 0;
      for (String x : names) {
        apart += f.derivative(x).cost().multiplications();
      }
      Cost reverse = Cost.ofGradient(names, f::ofList);

      assertEquals(n * (n - 2), apart);
      assertEquals(3 * n - 4, reverse.multiplications());
      assertEquals(reverse.multiplications(), reverse.total());
      assertEquals(n - 1, f.cost().multiplications());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "x; 0 0 0 0",
        "-x; 0 0 0 0",
        "x - y; 1 0 0 0",
        "x*y*z; 0 2 0 0",
        "1/x; 0 0 1 0",
        "sin(1/x); 0 0 1 1",
        "a/(b*c); 0 1 1 0",
        "x^2 + sqrt(x); 1 0 0 2",
        "sin(x)*sin(x) + sin(x); 1 1 0 1",
      })
  void operationsAreCounted(String text, String expected) {
    Cost c = Expr.parse(text).cost();
    assertEquals(
        expected,
        "%d %d %d %d".formatted(c.additions(), c.multiplications(), c.divisions(), c.functions()));
  }
}
