package thimble.transform;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import thimble.tensor.Tensor;
import thimble.transform.Grad.ValueAndGrad;

/**
 * Gradients with respect to some of the arguments of a function.
 *
 * @param argnums which
 * @param found one for each of them
 */
record Partials<A, B, C, D>(int[] argnums, List<Object> found)
    implements Gradients.Of4<A, B, C, D> {

  /** The value of f and its gradients with respect to the arguments with these numbers. */
  static <A, B, C, D> ValueAndGrad<Partials<A, B, C, D>> of(
      List<?> arguments, int[] argnums, Function<List<?>, Tensor> f) {
    check(argnums, arguments.size());
    List<Object> chosen = new ArrayList<>();
    for (int k : argnums) {
      chosen.add(arguments.get(k));
    }
    ValueAndGrad<List<Object>> at =
        Grad.valueAndGrad(
                (List<Object> variables) -> {
                  List<Object> all = new ArrayList<>(arguments);
                  IntStream.range(0, argnums.length)
                      .forEach(i -> all.set(argnums[i], variables.get(i)));
                  return f.apply(all);
                })
            .apply(chosen);
    return new ValueAndGrad<>(at.value(), new Partials<>(argnums, at.grad()));
  }

  private static void check(int[] argnums, int arguments) {
    boolean distinct = Arrays.stream(argnums).distinct().count() == argnums.length;
    if (argnums.length == 0
        || !distinct
        || Arrays.stream(argnums).anyMatch(k -> k < 0 || k >= arguments)) {
      throw new IllegalArgumentException(
          "grad: argnums %s of a function of %d arguments: takes some of 0 to %d, each once"
              .formatted(Arrays.toString(argnums), arguments, arguments - 1));
    }
  }

  @Override
  public A first() {
    return get(0);
  }

  @Override
  public B second() {
    return get(1);
  }

  @Override
  public C third() {
    return get(2);
  }

  @Override
  public D fourth() {
    return get(3);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // of its argument's form
  private <T> T get(int argument) {
    int i =
        IntStream.range(0, argnums.length)
            .filter(k -> argnums[k] == argument)
            .findFirst()
            .orElseThrow(() ->
                new IllegalStateException(
                    "the gradient with respect to argument %d was not asked for: argnums are %s"
                        .formatted(argument, Arrays.toString(argnums))));
    return (T) found.get(i);
  }
}
