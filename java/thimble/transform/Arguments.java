package thimble.transform;

import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Several arguments as one structure, so that every transform takes functions of several:
 *
 * <pre>{@code
 * var y = Grad.jvp(Arguments.asOne(f), Arguments.of(w, x), Arguments.of(tw, tx));
 * Tensor gx = Grad.vjp(Arguments.asOne(f), Arguments.of(w, x)).pullback().apply(ct).second();
 * }</pre>
 */
public final class Arguments {
  private Arguments() {}

  /** Two. */
  public record Two<A, B>(A first, B second) {}

  /** Three. */
  public record Three<A, B, C>(A first, B second, C third) {}

  /** Four. */
  public record Four<A, B, C, D>(A first, B second, C third, D fourth) {}

  /** Two arguments as one. */
  public static <A, B> Two<A, B> of(A a, B b) {
    return new Two<>(a, b);
  }

  /** Three arguments as one. */
  public static <A, B, C> Three<A, B, C> of(A a, B b, C c) {
    return new Three<>(a, b, c);
  }

  /** Four arguments as one. */
  public static <A, B, C, D> Four<A, B, C, D> of(A a, B b, C c, D d) {
    return new Four<>(a, b, c, d);
  }

  /** A function of two arguments as one of both. */
  public static <A, B, R> Function<Two<A, B>, R> asOne(
      BiFunction<? super A, ? super B, ? extends R> f) {
    return x -> f.apply(x.first, x.second);
  }

  /** A function of three arguments as one of all. */
  public static <A, B, C, R> Function<Three<A, B, C>, R> asOne(
      Function3<? super A, ? super B, ? super C, ? extends R> f) {
    return x -> f.apply(x.first, x.second, x.third);
  }

  /** A function of four arguments as one of all. */
  public static <A, B, C, D, R> Function<Four<A, B, C, D>, R> asOne(
      Function4<? super A, ? super B, ? super C, ? super D, ? extends R> f) {
    return x -> f.apply(x.first, x.second, x.third, x.fourth);
  }
}
