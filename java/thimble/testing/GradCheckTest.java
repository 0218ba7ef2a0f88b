package thimble.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A JUnit test of derivatives, run several times with other random numbers:
 *
 * <pre>{@code
 * @GradCheckTest(runs = 3)
 * void swish(GradCheck check, Key key) {
 *   check.check(x -> x.mul(x.sigmoid()), key.normal(FLOAT64, 3, 4));
 * }
 * }</pre>
 *
 * <p>Parameters may be a {@link GradCheck} and a {@link thimble.tensor.Key}, both of the run's
 * seed, which is the name of the run and is told when it fails, whatever the reason. See {@link
 * GradChecks} for how to choose the seed. Needs JUnit 5 or later.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@TestTemplate
@ExtendWith(GradChecks.class)
public @interface GradCheckTest {
  /** The seed of the first run; the others follow. 0 for that of {@link GradChecks}. */
  long seed() default 0;

  /** How many runs, each with a seed of its own. */
  int runs() default 1;

  /** How many derivatives are checked: 1 or 2. */
  int order() default 2;
}
