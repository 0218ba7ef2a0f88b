package thimble.transform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.program.Program;
import thimble.tensor.DType;
import thimble.tensor.DTypeException;
import thimble.tensor.Shape;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/** What may be differentiated by: structures, their order, and what is said of what is none. */
class TreeTest extends InBothBackends {
  private record Net(Tensor w1, Tensor w2, Map<String, Tensor> heads) {}

  private sealed interface Layer {}

  private record Linear(Tensor w, Optional<Tensor> bias) implements Layer {}

  private record Scale(Tensor by) implements Layer {}

  private enum Mode {
    TRAIN,
    TEST {
      @Override
      public String toString() {
        return "test";
      }
    }
  }

  private record Settings(
      String name,
      int width,
      long seed,
      double rate,
      Float momentum,
      boolean bias,
      char code,
      Mode mode,
      DType dtype,
      Tensor w) {}

  private record Stack<T>(Layer[] layers, List<T> rest, Tensor[][] grid) {}

  private static Tensor vector(double... x) {
    return Tensor.of(x);
  }

  private static void assertValues(Tensor x, double... expected) {
    assertArrayEquals(expected, x.toDoubleArray(), 1e-12);
  }

  private static Net net() {
    Map<String, Tensor> heads = new LinkedHashMap<>();
    heads.put("dog", vector(5));
    heads.put("cat", vector(6, 7));
    return new Net(vector(1, 2), vector(3), heads);
  }

  private static String said(Class<? extends Throwable> type, Runnable body) {
    return assertThrows(type, body::run).getMessage();
  }

  // -- What is a structure ------------------------------------------------------------------------

  @Test
  void leavesComeInTheOrderOfComponentsElementsAndKeys() {
    Net net = net();
    assertEquals(
        List.of("net.w1", "net.w2", "net.heads[\"dog\"]", "net.heads[\"cat\"]"), Tree.paths(net));
    assertEquals(
        List.of(net.w1, net.w2, net.heads.get("dog"), net.heads.get("cat")), Tree.leaves(net));
    assertEquals(
        List.of("x[0]", "x[1][3].w1", "x[1][3].w2"),
        Tree.paths(List.of(vector(1), Map.of(3, new Net(vector(1), vector(2), Map.of())))));
    assertEquals(List.of("x"), Tree.paths(vector(1)));
  }

  @Test
  void aGradientHasTheTypeOfItsArgument() {
    Net g =
        Grad.grad((Net n) -> n.w1.mul(n.w1).sum().mul(n.w2.sum()).mul(n.heads.get("cat").sum()))
            .apply(net());
    assertValues(g.w1, 2 * 3 * 13, 4 * 3 * 13);
    assertValues(g.w2, 5 * 13);
    assertValues(g.heads.get("cat"), 15, 15);
    assertEquals(List.of("dog", "cat"), List.copyOf(g.heads.keySet()));
  }

  /** The article's: d = {cat: a0, dog: a1}, b = d[cat], v = f(b). */
  @Test
  void anUntouchedEntryGetsZerosOfItsShape() {
    Map<String, Tensor> d =
        Map.of("cat", vector(2, 3), "dog", Tensor.of(new float[] {1, 2, 3}, 3, 1));
    Map<String, Tensor> g =
        Grad.grad((Map<String, Tensor> m) -> m.get("cat").pow(2).sum()).apply(d);
    assertEquals(d.keySet(), g.keySet());
    assertValues(g.get("cat"), 4, 6);
    assertValues(g.get("dog"), 0, 0, 0);
    assertEquals(Shape.of(3, 1), g.get("dog").shape());
    assertEquals(DType.FLOAT32, g.get("dog").dtype());
  }

  @Test
  void sealedTypesArraysListsAndOptionalsKeepTheirForm() {
    Stack<Tensor> at =
        new Stack<>(
            new Layer[] {
              new Linear(vector(2), Optional.of(vector(1))),
              new Scale(vector(3)),
              new Linear(vector(4), Optional.empty())
            },
            List.of(vector(7)),
            new Tensor[][] {{vector(1), vector(2)}, {}});
    Stack<Tensor> g =
        Grad.grad(
                (Stack<Tensor> s) -> {
                  Tensor x = s.rest.get(0);
                  for (Layer layer : s.layers) {
                    x =
                        switch (layer) {
                          case Linear l -> l.bias.map(x.mul(l.w)::add).orElse(x.mul(l.w));
                          case Scale l -> x.mul(l.by);
                        };
                  }
                  return x.add(s.grid[0][1]).sum();
                })
            .apply(at);
    // (7·2 + 1)·3·4 + 2.
    Linear first = assertInstanceOf(Linear.class, g.layers[0]);
    assertValues(first.w, 7 * 12);
    assertValues(first.bias.orElseThrow(), 12);
    assertValues(assertInstanceOf(Scale.class, g.layers[1]).by, 15 * 4);
    Linear last = assertInstanceOf(Linear.class, g.layers[2]);
    assertValues(last.w, 45);
    assertTrue(last.bias.isEmpty());
    assertValues(g.rest.get(0), 24);
    assertEquals(Tensor[][].class, g.grid.getClass());
    assertValues(g.grid[0][0], 0);
    assertValues(g.grid[0][1], 1);
    assertEquals(0, g.grid[1].length);
  }

  @Test
  void anArrayOfStructuresIsAnArgument() {
    Net[] g = Grad.grad((Net[] n) -> n[0].w2.mul(n[1].w2).sum()).apply(new Net[] {net(), net()});
    assertValues(g[0].w2, 3);
    assertValues(g[1].heads.get("cat"), 0, 0);
    Tensor[] t =
        Grad.grad((Tensor[] x) -> x[0].mul(x[1])).apply(new Tensor[] {Tensor.of(2), Tensor.of(3)});
    assertValues(t[0], 3);
  }

  @Test
  void valuesThatAreNoTensorsStandStill() {
    Settings at =
        new Settings("net", 3, 4L, 0.5, 0.9f, true, 'x', Mode.TEST, DType.FLOAT32, vector(2));
    Settings g = Grad.grad((Settings s) -> s.w.mul(s.width).mul(s.rate).sum()).apply(at);
    assertValues(g.w, 1.5);
    assertEquals(
        new Settings("net", 3, 4L, 0.5, 0.9f, true, 'x', Mode.TEST, DType.FLOAT32, g.w), g);
  }

  @Test
  void mapsKeepTheirOrderAndTheirKind() {
    TreeMap<String, Tensor> backwards = new TreeMap<>(Comparator.reverseOrder());
    backwards.put("a", vector(1));
    backwards.put("b", vector(2));
    SortedMap<String, Tensor> sorted =
        Grad.grad((SortedMap<String, Tensor> m) -> m.get("a").mul(m.get("b")).sum())
            .apply(backwards);
    assertEquals(List.of("b", "a"), List.copyOf(sorted.keySet()));
    assertEquals("b", sorted.firstKey());
    HashMap<Integer, Tensor> hashed = new HashMap<>(Map.of(1, vector(1), 2, vector(2)));
    HashMap<Integer, Tensor> g =
        Grad.grad((HashMap<Integer, Tensor> m) -> m.get(2).sum()).apply(hashed);
    assertEquals(List.copyOf(hashed.keySet()), List.copyOf(g.keySet()));
    ArrayList<Tensor> list =
        Grad.grad((ArrayList<Tensor> l) -> l.get(0).sum())
            .apply(new ArrayList<>(List.of(vector(1))));
    assertValues(list.get(0), 1);
  }

  /** A user's own class: numbers as a polynomial. */
  private static final class Polynomial implements Container<Polynomial> {
    private final String variable;
    private final List<Tensor> coefficients;

    Polynomial(String variable, List<Tensor> coefficients) {
      this.variable = variable;
      this.coefficients = coefficients;
    }

    Tensor at(double x) {
      Tensor sum = Tensor.of(0);
      for (Tensor c : coefficients.reversed()) {
        sum = sum.mul(x).add(c);
      }
      return sum;
    }

    @Override
    public List<?> children() {
      return coefficients;
    }

    @Override
    public Polynomial rebuild(List<?> children) {
      return new Polynomial(variable, children.stream().map(Tensor.class::cast).toList());
    }
  }

  @Test
  void aContainerSaysItselfWhatItIsMadeOf() {
    Polynomial p = new Polynomial("z", List.of(Tensor.of(1), Tensor.of(2), Tensor.of(3)));
    Polynomial g = Grad.grad((Polynomial q) -> q.at(5)).apply(p);
    assertEquals("z", g.variable);
    assertValues(g.coefficients.get(0), 1);
    assertValues(g.coefficients.get(1), 5);
    assertValues(g.coefficients.get(2), 25);
    assertEquals(List.of("x[0]", "x[1]", "x[2]"), Tree.paths(p));
    assertEquals(
        "jvp: tangent is a Polynomial of 1, must be a Polynomial of 3",
        said(
            IllegalArgumentException.class,
            () ->
                Grad.jvp(
                    (Polynomial q) -> q.at(1), p, new Polynomial("z", List.of(Tensor.of(1))))));
  }

  @Test
  void structuresAreResultsToo() {
    record Out(Tensor sum, List<Tensor> parts, String name, Tensor count) {}
    Out t =
        Grad.<Tensor, Out>jvp(
            x -> new Out(x.sum(), List.of(x.mul(x), Tensor.of(3)), "all", x.gt(0).sum()),
            vector(2, 3),
            vector(1, 10));
    assertValues(t.sum, 11);
    assertValues(t.parts.get(0), 4, 60);
    assertValues(t.parts.get(1), 0);
    assertEquals("all", t.name);
    assertEquals(DType.INT64, t.count.dtype());
    assertValues(t.count, 0);
  }

  @Test
  void leavesMayBeReplaced() {
    Net twice = Tree.map(net(), x -> x.mul(2));
    assertValues(twice.heads.get("cat"), 12, 14);
    Tensor x = vector(1);
    assertSame(x, Tree.like(vector(2), List.of(x)));
    assertEquals(
        "like: 1 tensors for a structure with 4 leaves",
        said(IllegalArgumentException.class, () -> Tree.like(net(), List.of(x))));
    assertThrows(IllegalArgumentException.class, () -> Tree.like(List.of(), List.of(x)));
  }

  // -- What is refused ----------------------------------------------------------------------------

  @Test
  void whatIsNoStructureIsNamedWithItsPath() {
    record Model(Net net, Map<String, Object> heads) {}
    Model model = new Model(net(), Map.of("cat", new Date(0)));
    String text = said(IllegalArgumentException.class, () -> Tree.leaves(model));
    assertTrue(text.startsWith("model.heads[\"cat\"]: a java.util.Date "), text);
    assertTrue(text.contains("record, List, Map"), text);
    text = said(IllegalArgumentException.class, () -> Tree.leaves(List.of(new int[] {1})));
    assertTrue(text.startsWith("x[0]: an int[] "), text);
    text = said(IllegalArgumentException.class, () -> Tree.leaves("x"));
    assertEquals("a java.lang.String has no tensor in it", text);
  }

  @Test
  void nullsAreNamedWithTheirPath() {
    record Bias(Tensor w, Tensor b) {}
    String lacks = ": null; Optional is for what may lack";
    assertEquals(
        "bias.b" + lacks,
        said(IllegalArgumentException.class, () -> Tree.leaves(new Bias(vector(1), null))));
    List<Tensor> list = new ArrayList<>();
    list.add(null);
    assertEquals("x[0]" + lacks, said(IllegalArgumentException.class, () -> Tree.leaves(list)));
    Map<String, Tensor> map = new HashMap<>();
    map.put("a", null);
    assertEquals("x[\"a\"]" + lacks, said(IllegalArgumentException.class, () -> Tree.leaves(map)));
    assertEquals(
        "x[1]" + lacks,
        said(IllegalArgumentException.class, () -> Tree.leaves(new Tensor[] {vector(1), null})));
  }

  @Test
  void whatAFunctionGivesIsAStructureToo() {
    String text =
        said(
            IllegalArgumentException.class,
            () -> Grad.jvp((Tensor x) -> List.of(x, new Date(0)), vector(1), vector(1)));
    assertTrue(text.startsWith("y[1]: a java.util.Date "), text);
  }

  @Test
  void integersHaveNoDerivative() {
    record Embedding(Tensor table, Tensor ids) {}
    Embedding e = new Embedding(vector(1), Tensor.arange(3));
    assertEquals(
        "grad: embedding.ids is int64 [3]: only float32 and float64 have a derivative",
        said(DTypeException.class, () -> Grad.grad((Embedding x) -> x.table.sum()).apply(e)));
  }

  @Test
  void aTangentOfAnotherFormIsRefusedWhereItDiffers() {
    Net net = net();
    assertTangentRefused(
        ShapeException.class,
        "jvp: tangent: net.w1 has the shape [1], must have [2]",
        new Net(vector(1), net.w2, net.heads));
    assertTangentRefused(
        DTypeException.class,
        "jvp: tangent: net.w2 is float32, must be float64",
        new Net(net.w1, net.w2.to(DType.FLOAT32), net.heads));
    assertTangentRefused(
        IllegalArgumentException.class,
        "jvp: tangent: net.heads is a Map of [cat], must be a Map of [dog, cat]",
        new Net(net.w1, net.w2, Map.of("cat", vector(1, 2))));
    assertTangentRefused(
        IllegalArgumentException.class,
        "jvp: tangent: net.heads is a Map of [cat, cow], must be a Map of [dog, cat]",
        new Net(net.w1, net.w2, new TreeMap<>(Map.of("cat", vector(1, 2), "cow", vector(1)))));
    // Another order is the same structure.
    Net other =
        new Net(net.w1, net.w2, new TreeMap<>(Map.of("dog", vector(10), "cat", vector(1, 2))));
    assertValues(Grad.jvp((Net n) -> n.heads.get("dog"), net, other), 10);
  }

  /** What stands still in an argument stands still in its tangent, and in a program's arguments. */
  @Test
  void whatStandsStillMustBeTheSame() {
    Labelled x = new Labelled("small", vector(1, 2));
    Labelled t = new Labelled("large", vector(3, 4));
    Function<Labelled, Tensor> f = v -> v.name.equals("small") ? v.w.sum() : v.w.mul(2).sum();
    assertEquals(
        "jvp: tangent: labelled.name is \"large\", must be \"small\": it stands still",
        said(IllegalArgumentException.class, () -> Grad.jvp(f, x, t)));
    Program program = Program.trace(f, x);
    assertEquals(
        "run: argument[0].name is \"large\", must be \"small\": it stands still",
        said(IllegalArgumentException.class, () -> program.run(t)));
    assertValues(Grad.jvp(f, x, new Labelled("small", t.w)), 7);
    assertValues(program.run(new Labelled("small", t.w)), 7);
  }

  private record Labelled(String name, Tensor w) {}

  private static void assertTangentRefused(
      Class<? extends Throwable> type, String message, Net tangent) {
    assertEquals(message, said(type, () -> Grad.jvp((Net n) -> n.w1.sum(), net(), tangent)));
  }

  @Test
  void aCotangentOfAnotherFormIsRefusedToo() {
    var at = Grad.vjp((Tensor x) -> List.of(x, x.sum()), vector(1, 2));
    assertEquals(
        "vjp: cotangent is a List of 1, must be a List of 2",
        said(IllegalArgumentException.class, () -> at.pullback().apply(List.of(vector(1, 2)))));
    assertEquals(
        "vjp: cotangent[1] has the shape [1], must have []",
        said(ShapeException.class, () -> at.pullback().apply(List.of(vector(1, 2), vector(1)))));
    Layer linear = new Linear(vector(1), Optional.empty());
    assertEquals(
        "jvp: tangent: linear is a Scale, must be a Linear",
        said(
            IllegalArgumentException.class,
            () -> Grad.jvp((Layer l) -> vector(1), linear, new Scale(vector(1)))));
    assertEquals(
        "jvp: tangent: linear.bias is an Optional that is present, must be an empty Optional",
        said(
            IllegalArgumentException.class,
            () ->
                Grad.jvp(
                    (Layer l) -> vector(1),
                    linear,
                    new Linear(vector(1), Optional.of(vector(1))))));
  }

  @Test
  void aTypeThatIsNotMadeAgainIsNamed() {
    record Lists(LinkedList<Tensor> layers) {}
    assertEquals(
        "lists.layers: comes back as an ArrayList, not a LinkedList: declare it as List or Map",
        said(
            IllegalArgumentException.class,
            () -> Tree.map(new Lists(new LinkedList<>(List.of(vector(1)))), x -> x)));
  }

  @Test
  void whatARecordItselfThrowsPassesThrough() {
    record Positive(Tensor x) {
      Positive {
        Objects.requireNonNull(x);
        if (x.item() < 0) {
          throw new ArithmeticException("negative");
        }
      }
    }
    Positive p = new Positive(Tensor.of(1));
    assertEquals("negative", said(ArithmeticException.class, () -> Tree.map(p, x -> x.neg())));
  }

  // -- Closed packages ----------------------------------------------------------------------------

  @Test
  void aRecordThatIsClosedSaysWhichLineIsMissing() {
    Object closed = Collectors.toList(); // a record of a package that java.base does not open
    assertInstanceOf(Record.class, closed);
    Module own = Tree.class.getModule();
    String to = own.isNamed() ? " to " + own.getName() : "";
    String text = said(IllegalArgumentException.class, () -> Tree.leaves(List.of(closed)));
    assertEquals(
        "x[0]: the record CollectorImpl is closed to %s: add `opens java.util.stream%s;` to the module-info of java.base"
            .formatted(own.isNamed() ? own.getName() : "the class path", to),
        text);
  }

  @Test
  void theMissingLineNamesTheModuleThatAsks() {
    Class<?> collector = Collectors.toList().getClass();
    assertTrue(
        RecordForm.closed(collector, String.class)
            .contains("`opens java.util.stream to java.base;`"));
  }
}
