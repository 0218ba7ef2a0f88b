package thimble.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thimble.InBothBackends;
import thimble.tensor.DTypeException;
import thimble.tensor.Graph;
import thimble.tensor.Level;
import thimble.tensor.Scope;
import thimble.tensor.Tensor;
import thimble.transform.Grad;

/** Traces of a function and its derivatives, node by node. */
class ExplanationTest extends InBothBackends {
  private static final Expr ARTICLE = Expr.parse("ln(x1) + x1*x2 - sin(x2)");

  private static Map<String, Double> point(Object... namesAndValues) {
    Map<String, Double> point = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      point.put((String) namesAndValues[i], ((Number) namesAndValues[i + 1]).doubleValue());
    }
    return point;
  }

  private static Explanation article() {
    return Explanation.of(ARTICLE, point("x1", 2, "x2", 5));
  }

  private static String golden(String name) throws IOException {
    try (InputStream in = ExplanationTest.class.getResourceAsStream("/explain/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  // -- The article's example ----------------------------------------------------------------------

  /** An adjoint that is summed up from many parts is a chain as deep. */
  @Test
  void aLongSumTakesNoDeepRecursion() throws Exception {
    int terms = 1000;
    UnaryOperator<Tensor> f = x -> Stream.generate(() -> x).limit(terms).reduce(Tensor::add).get();
    FutureTask<Explanation> task = new FutureTask<>(() -> Explanation.of(f, Tensor.of(1.0)));
    Thread small = new Thread(null, task, "small stack", 160 << 10);
    small.start();

    assertEquals(
        new Quantity.Scalar(terms), task.get().nodes().getFirst().adjoint().orElseThrow().value());
  }

  @Test
  void theTableIsTheArticlesDigitForDigit() throws IOException {
    String page = new Report(Digits.THREE).summary(article()).write(Format.MARKDOWN);

    assertEquals(
        "## y = ln x1 + x1·x2 − sin x2 at x1 = 2, x2 = 5\n\n" + golden("article.md"), page);
  }

  @Test
  void theAdjointsAreSummedUpAsInTheArticle() {
    Explanation e = article();
    Explanation.Sum v2 = e.nodes().get(1).adjoint().orElseThrow();
    Explanation.Sum v1 = e.nodes().get(0).adjoint().orElseThrow();

    assertEquals(List.of("v̄(2→5)", "v̄(2→4)"), names(v2));
    assertEquals(List.of("v̄5·cos v2", "v̄4·v1"), rules(v2));
    assertEquals(List.of("v̄(1→4)", "v̄(1→3)"), names(v1));
    assertEquals(List.of("v̄4·v2", "v̄3/v1"), rules(v1));
    assertEquals(1.7163378145367738, number(v2.value()), 1e-15);
    assertEquals(5.5, number(v1.value()), 1e-15);
    assertEquals(11.652071455223084, number(e.nodes().getLast().value()), 1e-14);
  }

  private static List<String> names(Explanation.Sum s) {
    return s.terms().stream().map(Explanation.Term::name).toList();
  }

  private static List<String> rules(Explanation.Sum s) {
    return s.terms().stream().map(t -> t.rule().print(Notation.TYPESET)).toList();
  }

  private static double number(Quantity q) {
    return ((Quantity.Scalar) q).value();
  }

  @Test
  void adjointsPassUnchangedThroughIdentityNodes() {
    List<String> identities =
        article().extended().stream()
            .filter(v -> v.part() == Explanation.Part.IDENTITY)
            .map(Explanation.Vertex::label)
            .toList();

    assertEquals(List.of("v̄6 = id(v̄7)", "v̄4 = id(v̄6)", "v̄3 = id(v̄6)"), identities);
  }

  @Test
  void backpropagationAddsNoNodesAndReverseModeThoseThatAreDrawn() {
    Explanation e = article();

    assertEquals(0, e.swept());
    assertEquals(11, e.recorded());
    assertEquals(
        e.recorded(),
        e.extended().stream()
            .filter(
                v -> v.part() == Explanation.Part.IDENTITY || v.part() == Explanation.Part.REVERSE)
            .count());
  }

  @Test
  void theTangentsAlongADirection() {
    Explanation e = Explanation.of(ARTICLE, point("x1", 2, "x2", 5), point("x1", 0.6, "x2", 0.8));

    assertEquals(" along x1 = 0.6, x2 = 0.8", e.direction());
    assertEquals(
        4.673070251629419, number(e.nodes().getLast().tangent().orElseThrow().value()), 1e-14);
  }

  @ParameterizedTest
  @CsvSource({"TEXT, txt", "MARKDOWN, md"})
  void theReportsAreAsTheyWere(Format format, String ending) throws IOException {
    Explanation e = article();

    assertEquals(
        golden("forward." + ending), new Report(Digits.THREE).forward(e).tangents(e).write(format));
    assertEquals(
        golden("reverse." + ending), new Report(Digits.THREE).forward(e).adjoints(e).write(format));
    assertEquals(
        golden("symbolic." + ending), new Report(Digits.THREE).symbolic(ARTICLE).write(format));
  }

  @Test
  void theReportInHtmlIsAsItWas() throws IOException {
    Explanation e = Explanation.of(ARTICLE, point("x1", 2, "x2", 5), point("x1", 0.6, "x2", 0.8));

    assertEquals(
        golden("forward.html"), new Report(Digits.THREE).forward(e).tangents(e).write(Format.HTML));
  }

  // -- Other functions ----------------------------------------------------------------------------

  /**
   * Random expressions: what the traces end in is what grad and jvp give, and nodes are counted.
   */
  @Test
  void theTracesEndInTheDerivatives() {
    Random random = new Random(7);
    List<String> texts =
        List.of(
            "x*x",
            "x/y + y/x",
            "x^y",
            "2*x + 3",
            "3",
            "x",
            "relu(x)*max(x, y)",
            "e^(x*y) + 1",
            "where(x > y, x, y^2)*sigmoid(x)",
            "sqrt(x)*sqrt(x)*y",
            "tanh(x + y)^3",
            "atan2(x, y) - remainder(x, y)",
            "gelu(x)*erf(y)*abs(x)");
    for (String text : texts) {
      Expr f = Expr.parse(text);
      Map<String, Double> point = new LinkedHashMap<>();
      f.symbols().forEach(n -> point.put(n, 0.5 + random.nextDouble()));
      Explanation e = Explanation.of(f, point);
      List<Tensor> at = point.values().stream().map(Tensor::of).toList();
      List<Tensor> gradient = Grad.<List<Tensor>>grad(x -> f.ofList(x)).apply(at);
      for (int i = 0; i < at.size(); i++) {
        Optional<Explanation.Sum> adjoint = e.nodes().get(i).adjoint();
        double actual = adjoint.map(s -> number(s.value())).orElse(0.0);
        assertEquals(gradient.get(i).item(), actual, 1e-14, text);
      }
      if (!at.isEmpty()) {
        double slope = number(e.nodes().getLast().tangent().orElseThrow().value());
        assertEquals(gradient.getFirst().item(), slope, 1e-13, text);
      }
      long seed =
          e.nodes().stream().anyMatch(n -> n.adjoint().isPresent()) && !at.isEmpty() ? 1 : 0;
      assertEquals(recordedByReverseMode(f, at), e.recorded() + seed, text);
      assertEquals(0, e.swept());
      for (Explanation.Node n : e.nodes()) {
        n.adjoint().ifPresent(s -> assertSum(s, text));
        n.tangent().ifPresent(s -> assertSum(s, text));
      }
    }
  }

  private static void assertSum(Explanation.Sum s, String text) {
    if (!s.terms().isEmpty()) {
      double sum = s.terms().stream().mapToDouble(t -> number(t.value())).sum();
      assertEquals(sum, number(s.value()), 1e-13 * (1 + Math.abs(sum)), text);
    }
  }

  /** By the sweep of a transform inside another, which is not what an explanation does. */
  private static long recordedByReverseMode(Expr f, List<Tensor> at) {
    try (Level outer = Level.open();
        Level inner = Level.open()) {
      List<Tensor> x = at.stream().map(outer::variable).map(inner::variable).toList();
      Tensor y = f.ofList(x);
      Tensor seed = outer.variable(Tensor.ones(y.dtype(), y.shape()));
      long before = Graph.nodesRecorded();
      inner.vjp(List.of(y), List.of(seed), x);
      return Graph.nodesRecorded() - before;
    }
  }

  @Test
  void partsAndTheirRulesAreInOneOrder() {
    Explanation e = Explanation.of(Expr.parse("2*x + (1 - x)"), point("x", 3));
    String page = new Report(Digits.THREE).tangents(e).adjoints(e).write(Format.TEXT);

    assertTrue(page.contains("  v̄(1→3) + v̄(1→2)  −v̄3 + 2·v̄2   −1 + 2  1\n"), page);
  }

  @Test
  void numbersWithoutRoomForDecimalsKeepFourDigits() {
    assertEquals("0", Digits.THREE.text(-0.0));
    assertEquals("0.001", Digits.THREE.text(0.0005));
    assertEquals("4.999e−4", Digits.THREE.text(0.0004999));
    assertEquals("−1e−9", Digits.THREE.text(-1e-9));
    assertEquals("1234567.891", Digits.THREE.text(1234567.8912));
    assertEquals("1.235e7", Digits.THREE.text(12345678));
    assertEquals("NaN", Digits.THREE.text(Double.NaN));
    assertEquals("−∞", Digits.THREE.text(Double.NEGATIVE_INFINITY));
    assertEquals("−0.9589242746631385", Digits.ALL.text(-0.9589242746631385));
    assertEquals("2", Digits.ALL.text(2));
  }

  // -- Tensors and structures ---------------------------------------------------------------------

  @Test
  void theCatIsTouchedAndTheDogIsNot() {
    Map<String, Tensor> animals = new LinkedHashMap<>();
    animals.put("cat", Tensor.of(2));
    animals.put("dog", Tensor.of(3));
    Explanation e =
        Explanation.of((Map<String, Tensor> d) -> d.get("cat").mul(d.get("cat")), animals);

    assertEquals(
        List.of(
            new Explanation.Input("x[\"cat\"]", true), new Explanation.Input("x[\"dog\"]", false)),
        e.inputs());
    String page = new Report(Digits.THREE).adjoints(e).write(Format.TEXT);
    assertTrue(
        page.endsWith("Touched: x[\"cat\"]. Not touched, so the gradient is zero: x[\"dog\"].\n"),
        page);
  }

  @Test
  void aTensorMayBeThereTwiceAndTheTangentsAreForTheFirst() {
    Tensor x = Tensor.of(3);
    Explanation e = Explanation.of((List<Tensor> v) -> v.get(0).mul(v.get(1)), List.of(x, x));
    Explanation.Sum tangent = e.nodes().getLast().tangent().orElseThrow();
    assertEquals(new Quantity.Scalar(3), tangent.value());
  }

  /** What a function closes, its graph still holds. */
  @Test
  void aFunctionMayTakeDerivativesAndCloseWhatItMade() {
    Explanation e =
        Explanation.of(
            (Tensor v) -> {
              try (Scope scope = Scope.open()) {
                return scope.keep(Grad.grad((Tensor u) -> u.pow(3)).apply(v).mul(Tensor.of(2)));
              }
            },
            Tensor.of(2));
    Explanation.Sum adjoint = e.nodes().getFirst().adjoint().orElseThrow();
    assertEquals(new Quantity.Scalar(24), adjoint.value());
  }

  @Test
  void tensorsHaveDtypeShapeAndNorm() {
    Tensor w = Tensor.of(new float[][] {{1, 2}, {3, 4}, {5, 6}});
    Tensor x = Tensor.of(new float[][] {{1, 0, 2}});
    Explanation e = Explanation.of((List<Tensor> n) -> x.matmul(n.get(0)).relu().sum(), List.of(w));

    assertEquals("matmul(float32 [1, 3], v1)", e.nodes().get(1).what().print(Notation.TYPESET));
    assertEquals(
        new Quantity.Array(w.dtype(), w.shape(), Math.sqrt(91)), e.nodes().getFirst().value());
    String page = new Report(Digits.THREE).summary(e).adjoints(e).write(Format.TEXT);
    assertTrue(page.contains("v1 = x[0]                        float32 [3, 2], norm 9.539"), page);
    assertTrue(page.contains("where(v2 > 0, v̄3, 0)"), page);
  }

  @Test
  void aFunctionThatGivesAMaskIsRefused() {
    Function<Tensor, Tensor> f = x -> x.gt(0);
    String message =
        assertThrows(DTypeException.class, () -> Explanation.of(f, Tensor.of(1))).getMessage();
    assertTrue(message.startsWith("explain: the function gives bool []"), message);
  }

  @Test
  void historyThatIsNotOfTheVariablesIsAConstant() {
    Tensor weight = Tensor.of(3).requiresGrad(true);
    Tensor bias = weight.mul(2).add(1);
    Explanation e = Explanation.of((Tensor x) -> x.mul(bias), Tensor.of(2));

    assertEquals(2, e.nodes().size());
    assertEquals("v1·7", e.nodes().get(1).what().print(Notation.TYPESET));
    assertFalse(weight.grad() != null);
  }

  @Test
  void aLongChainIsExplainedWithoutRecursion() {
    Explanation e =
        Explanation.of(
            (Tensor x) -> {
              Tensor h = x;
              for (int i = 0; i < 3000; i++) {
                h = h.mul(0.999);
              }
              return h;
            },
            Tensor.of(1));

    assertEquals(3001, e.nodes().size());
    assertEquals(3000, e.recorded());
    List<String> drawn = new ArrayList<>();
    assertThrows(IllegalArgumentException.class, () -> drawn.add(e.svg(Digits.THREE)));
    assertTrue(e.dot(Digits.THREE).contains("n6000 -> n6001"));
  }
}
