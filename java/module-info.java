/**
 * Automatic differentiation and tensors at native speed.
 *
 * <p>Start at {@link thimble.tensor.Tensor} and {@link thimble.transform.Grad}.
 */
@org.jspecify.annotations.NullMarked
module thimble {
  requires jdk.jfr;
  requires static info.picocli;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires static org.junit.jupiter.api;

  exports thimble.data;
  exports thimble.explain;
  exports thimble.io;
  exports thimble.nn;
  exports thimble.program;
  exports thimble.tensor;
  exports thimble.testing;
  exports thimble.train;
  exports thimble.transform;

  opens thimble.cli to
      info.picocli;

  uses thimble.tensor.Backend.Provider;

  provides thimble.tensor.Backend.Provider with
      thimble.runtime.NativeProvider,
      thimble.runtime.JavaProvider;
}
