package thimble.transform;

/** A function of three arguments. */
@FunctionalInterface
public interface Function3<A, B, C, R> {
  /** The result. */
  R apply(A a, B b, C c);
}
