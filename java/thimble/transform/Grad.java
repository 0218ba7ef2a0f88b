package thimble.transform;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import thimble.tensor.Level;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/**
 * Derivatives of functions of tensors.
 *
 * <p>A function takes one argument: a {@link Tensor}, or a {@link List} of such arguments; its
 * gradient has the same form. Nothing is stored anywhere, so these may run on any number of
 * threads, and may be nested: {@code grad(grad(f))} is the second derivative.
 */
public final class Grad {
  private Grad() {}

  /**
   * A function's value and gradient.
   *
   * @param value f(x), of rank 0
   * @param grad ∂f/∂x, of the form of x
   */
  public record ValueAndGrad<T>(Tensor value, T grad) {}

  /**
   * The gradient of f: x ↦ ∂f/∂x, with the form, shapes and dtypes of x, zeros where f does not
   * depend on x.
   *
   * @param f gives a tensor with one element
   */
  public static <T> UnaryOperator<T> grad(Function<? super T, Tensor> f) {
    Function<T, ValueAndGrad<T>> both = valueAndGrad(f);
    return x -> both.apply(x).grad();
  }

  /**
   * f with its gradient, by one forward and one backward sweep.
   *
   * @param f gives a tensor with one element; otherwise the result throws a {@link ShapeException}
   */
  public static <T> Function<T, ValueAndGrad<T>> valueAndGrad(Function<? super T, Tensor> f) {
    return at -> {
      try (Level level = Level.open()) {
        List<Tensor> variables = Tree.leaves(at).stream().map(level::variable).toList();
        Tensor y = f.apply(Tree.like(at, variables));
        if (y.count() != 1) {
          throw new ShapeException(
              "grad: the function gives %s, not one number; sum() it".formatted(y.shape()));
        }
        Tensor one = Tensor.ones(y.dtype(), y.shape());
        List<Tensor> gradients = level.vjp(List.of(y), List.of(one), variables);
        return new ValueAndGrad<>(level.result(y), Tree.like(at, gradients));
      }
    };
  }
}
