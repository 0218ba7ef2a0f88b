package thimble.testing;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import thimble.tensor.Key;

/**
 * JUnit's side of {@link GradCheck}: gives tests a {@link GradCheck} and a {@link Key}, in methods
 * with {@link GradCheckTest}, or in any with {@code @ExtendWith(GradChecks.class)}.
 *
 * <p>The seed is that of {@link GradCheckTest#seed}, else the configuration parameter or system
 * property {@code thimble.seed}, else 42: tests are the same every time unless they are asked not
 * to be. When a test fails, the seed is added to what it throws.
 */
public final class GradChecks
    implements ParameterResolver,
        TestTemplateInvocationContextProvider,
        TestExecutionExceptionHandler {
  /** The configuration parameter of the seed. */
  public static final String SEED = "thimble.seed";

  private static final long STANDARD = 42;

  private final Optional<GradCheck> own;

  /** For JUnit. */
  public GradChecks() {
    this(Optional.empty());
  }

  private GradChecks(Optional<GradCheck> own) {
    this.own = own;
  }

  /** A run with a seed of its own. */
  private record Run(GradCheck check) implements TestTemplateInvocationContext {
    @Override
    public String getDisplayName(int index) {
      return "seed " + check.seed();
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      return List.of(new GradChecks(Optional.of(check)));
    }
  }

  @Override
  public boolean supportsTestTemplate(ExtensionContext test) {
    return annotation(test).isPresent();
  }

  @Override
  public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
      ExtensionContext test) {
    GradCheckTest wanted = annotation(test).orElseThrow();
    long first = wanted.seed() != 0 ? wanted.seed() : seed(test);
    String name = test.getRequiredTestMethod().getName();
    GradCheck check = GradCheck.standard().named(name).order(wanted.order());
    return LongStream.range(0, wanted.runs()).mapToObj(i -> new Run(check.seed(first + i)));
  }

  private static Optional<GradCheckTest> annotation(ExtensionContext test) {
    return test.getTestMethod().map(m -> m.getAnnotation(GradCheckTest.class));
  }

  private static long seed(ExtensionContext test) {
    String seed = test.getConfigurationParameter(SEED).orElse("").strip();
    try {
      return seed.isEmpty() ? STANDARD : Long.parseLong(seed);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("%s=%s: takes a whole number".formatted(SEED, seed), e);
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
    Class<?> type = parameter.getParameter().getType();
    // The extension of a run resolves before that of the annotation, and both would be too many.
    return (type == GradCheck.class || type == Key.class)
        && own.isPresent() == annotation(test).isPresent();
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext test)
      throws ParameterResolutionException {
    GradCheck check = check(test);
    return parameter.getParameter().getType() == Key.class ? Key.of(check.seed()) : check;
  }

  private GradCheck check(ExtensionContext test) {
    return own.orElseGet(() -> GradCheck.standard().named(test.getDisplayName()).seed(seed(test)));
  }

  @Override
  public void handleTestExecutionException(ExtensionContext test, Throwable thrown)
      throws Throwable {
    if (own.isPresent() == annotation(test).isPresent()) {
      thrown.addSuppressed(new Seed(check(test).seed()));
    }
    throw thrown;
  }

  /** Tells how to run a failed test again. */
  private static final class Seed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Seed(long seed) {
      super(
          "the seed was %1$d: -D%2$s=%1$d makes the same test".formatted(seed, SEED),
          null,
          false,
          false);
    }
  }
}
