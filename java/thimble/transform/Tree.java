package thimble.transform;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import thimble.tensor.Tensor;

/** Structures with tensors for leaves: a tensor, or a list of such structures. */
final class Tree {
  private Tree() {}

  /** The tensors of a structure, in order. */
  static List<Tensor> leaves(Object tree) {
    List<Tensor> leaves = new ArrayList<>();
    collect(tree, leaves);
    return leaves;
  }

  private static void collect(Object tree, List<Tensor> leaves) {
    switch (tree) {
      case Tensor x -> leaves.add(x);
      case List<?> list -> list.forEach(t -> collect(t, leaves));
      default ->
          throw new IllegalArgumentException(
              "a derivative with respect to a %s: takes a Tensor or a List of such"
                  .formatted(tree.getClass().getName()));
    }
  }

  /** A structure of the same form with these leaves. */
  static <T> T like(T tree, List<Tensor> leaves) {
    Iterator<Tensor> next = leaves.iterator();
    @SuppressWarnings("unchecked") // rebuild gives a tensor for a tensor, a list for a list
    T result = (T) rebuild(tree, next);
    return result;
  }

  private static Object rebuild(Object tree, Iterator<Tensor> leaves) {
    return tree instanceof List<?> list
        ? list.stream().map(t -> rebuild(t, leaves)).toList()
        : leaves.next();
  }
}
