package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An op without a row fails the build: ops as the graph has them, and ops as users call them. */
class OpTableTest {
  private static final List<Class<?>> ROWS =
      List.of(
          ElementwiseRows.class,
          MovingRows.class,
          PartRows.class,
          IndexingRows.class,
          ReducingRows.class,
          ProductRows.class,
          MakingRows.class);

  private static final List<Class<?>> API =
      List.of(Tensor.class, ElementwiseOps.class, MovementOps.class, ReductionOps.class, Key.class);

  /** What gives a tensor and is no op. */
  private static final Set<String> NO_OPS =
      Set.of(
          "requiresGrad(boolean)",
          "retainGrad()",
          "grad()",
          "in(int)",
          "detach()",
          "donate()",
          "realize()",
          "input(DType, long[])",
          "apply(Custom, Tensor[])");

  /** Computed by nobody, a user's own (see RulesTest), and what a detach is before its value. */
  private static final Set<Class<?>> NO_ROWS =
      Set.of(Input.class, Op.Custom.class, Views.Detach.class);

  @Test
  void everyOpOfTheGraphHasARow() {
    Set<Object> covered = new HashSet<>();
    OpTable.rows().forEach(row -> covered.addAll(row.ops()));
    Set<String> missing = new TreeSet<>();
    families(Op.class)
        .filter(family -> !covered.contains(family) && !NO_ROWS.contains(family))
        .forEach(family -> missing.add(family.getName()));
    Stream.of(Unary.values(), Binary.values(), Scalar.values(), Compare.values())
        .flatMap(Arrays::stream)
        .filter(op -> !covered.contains(op))
        .forEach(op -> missing.add(op.getClass().getSimpleName() + "." + op));
    assertEquals(Set.of(), missing, "add a row to OpTable for each");
  }

  private static Stream<Class<?>> families(Class<?> op) {
    return op.isSealed()
        ? Arrays.stream(op.getPermittedSubclasses()).flatMap(OpTableTest::families)
        : Stream.of(op);
  }

  @Test
  void everyMethodThatGivesATensorHasARow() {
    Set<String> called = new HashSet<>();
    for (JavaClass rows : new ClassFileImporter().importClasses(ROWS)) {
      Stream.concat(
              rows.getMethodCallsFromSelf().stream(), rows.getMethodReferencesFromSelf().stream())
          .map(JavaCodeUnitAccess::getTarget)
          .filter(target -> API.stream().anyMatch(c -> target.getOwner().isEquivalentTo(c)))
          .forEach(target -> called.add(signature(target)));
    }
    Set<String> missing = new TreeSet<>();
    for (Class<?> type : API) {
      for (Method m : type.getDeclaredMethods()) {
        boolean op =
            Modifier.isPublic(m.getModifiers())
                && !m.isSynthetic()
                && (m.getReturnType() == Tensor.class || m.getReturnType() == List.class);
        if (op && !NO_OPS.contains(signature(m)) && !called.contains(signature(m))) {
          missing.add(type.getSimpleName() + "." + signature(m));
        }
      }
    }
    assertEquals(Set.of(), missing, "add a row to OpTable for each");
  }

  private static String signature(CodeUnitAccessTarget target) {
    return target.getRawParameterTypes().stream()
        .map(JavaClass::getSimpleName)
        .collect(Collectors.joining(", ", target.getName() + "(", ")"));
  }

  private static String signature(Method m) {
    return Arrays.stream(m.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(", ", m.getName() + "(", ")"));
  }

  @Test
  void everyClassOfRowsIsInTheTable() {
    assertEquals(ROWS.size(), OpTable.FAMILIES.size());
  }

  @Test
  void rowsHaveNamesOfTheirOwn() {
    Set<String> names = new HashSet<>();
    OpTable.rows().forEach(row -> assertTrue(names.add(row.name()), row.name()));
  }
}
