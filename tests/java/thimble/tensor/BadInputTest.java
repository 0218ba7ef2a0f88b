package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thimble.InBothBackends;
import thimble.tensor.Row.Bad;

/** What every row of {@link OpTable} must refuse: by name, and before anything is computed. */
class BadInputTest extends InBothBackends {
  static List<Row> rows() {
    return OpTable.rows();
  }

  /** A row and one of the things that it must refuse. */
  record Refusal(Row row, Bad bad) {
    @Override
    public String toString() {
      return "%s of %s %s".formatted(row, bad.dtypes(), bad.at());
    }
  }

  static Stream<Refusal> refusals() {
    return rows().stream().flatMap(row -> row.bad().stream().map(bad -> new Refusal(row, bad)));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void badOperandsAreATypedErrorBeforeAnyCallOfTheBackend(Refusal refusal) {
    Bad bad = refusal.bad();
    Tensor[] in =
        IntStream.range(0, bad.dtypes().size())
            .mapToObj(i -> Tensor.ones(bad.dtypes().get(i), bad.at().shapes().get(i)))
            .toArray(Tensor[]::new);
    CountingBackend counting = CountingBackend.ofCurrent();
    long recorded = Graph.nodesRecorded();
    RuntimeException e;
    try (Block _ = Mode.get().use(counting)) {
      e = assertThrows(RuntimeException.class, () -> refusal.row().apply(bad.at(), in));
    }
    assertEquals(bad.type(), e.getClass(), e::toString);
    for (String part : bad.says()) {
      assertTrue(
          e.getMessage().contains(part),
          () -> "'%s' says nothing of %s".formatted(e.getMessage(), part));
    }
    assertEquals(0, counting.calls(), "calls of the backend");
    assertEquals(recorded, Graph.nodesRecorded());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void anOperandThatIsClosedIsATypedError(Row row) {
    DType dtype = row.dtypes().iterator().next();
    for (At at : row.at().stream().filter(a -> a.count() < 100).limit(5).toList()) {
      for (int i = 0; i < at.shapes().size(); i++) {
        Tensor[] in = row.operands(at, dtype, Values.DOMAIN, 1);
        in[i].close();
        ClosedException e =
            assertThrows(ClosedException.class, () -> Tensors.read(row.apply(at, in)));
        String operand = in[i].dtype() + " " + in[i].shape();
        assertTrue(e.getMessage().contains(operand), e.getMessage());
        assertTrue(e.getMessage().contains("closed"), e.getMessage());
      }
    }
  }
}
