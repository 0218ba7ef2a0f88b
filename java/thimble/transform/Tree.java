package thimble.transform;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import thimble.tensor.DTypeException;
import thimble.tensor.ShapeException;
import thimble.tensor.Tensor;

/**
 * Structures with tensors for leaves: what functions that are differentiated take and give.
 *
 * <p>A structure is a {@link Tensor}, or a record, {@link List}, {@link Map}, array, {@link
 * Optional} or {@link Container} of structures. What stands still may be in it too: strings,
 * numbers, booleans, characters and enums; they are no leaves, and are the same in every structure
 * that is made like it. A list comes back as an {@link ArrayList}, a sorted map as a {@link
 * java.util.TreeMap}, another one as a {@link java.util.LinkedHashMap}; what is declared as a
 * record, {@code List}, {@code Map} or array has the same type again. Records of a named module
 * have to be open to this one: {@code opens my.models to thimble;}.
 *
 * <p>Messages say where in a structure something is: {@code net.heads["cat"]}.
 */
public final class Tree {
  private Tree() {}

  /**
   * The leaves of a structure, in order: that of components, elements and keys.
   *
   * @throws IllegalArgumentException if something in it is neither a structure nor stands still
   */
  public static List<Tensor> leaves(Object tree) {
    return leaves(tree, "x");
  }

  /** The same of what goes by that name in messages, if it is no record. */
  static List<Tensor> leaves(Object tree, String name) {
    List<Tensor> leaves = new ArrayList<>();
    visit(tree, root(tree, name), (_, x) -> leaves.add(x));
    return leaves;
  }

  /**
   * Where the leaves are, in the order of {@link #leaves}: in a record {@code Net} from {@code net}
   * on, in another structure from {@code x} on.
   */
  public static List<String> paths(Object tree) {
    List<String> paths = new ArrayList<>();
    visit(tree, root(tree, "x"), (path, _) -> paths.add(path));
    return paths;
  }

  /**
   * A structure of the same form with these leaves.
   *
   * @param leaves in the order of {@link #leaves}
   * @throws IllegalArgumentException if they are not as many as it has
   */
  public static <T> T like(T tree, List<Tensor> leaves) {
    int count = leaves(tree).size();
    if (count != leaves.size()) {
      throw new IllegalArgumentException(
          "like: %d tensors for a structure with %d leaves".formatted(leaves.size(), count));
    }
    Iterator<Tensor> next = leaves.iterator();
    return map(tree, _ -> next.next());
  }

  /** A structure of the same form with f of each leaf. */
  public static <T> T map(T tree, UnaryOperator<Tensor> f) {
    @SuppressWarnings("unchecked") // a form gives another one like it
    T result = (T) rebuild(tree, root(tree, "x"), f);
    return result;
  }

  /**
   * The leaves of a structure that has to be of the same form as another, its tensors of the same
   * shapes and dtypes; in the order of the other's.
   *
   * @param name of the structure, for messages
   * @throws IllegalArgumentException naming where they differ
   */
  public static List<Tensor> leavesLike(Object tree, String name, Object other) {
    List<Tensor> leaves = new ArrayList<>();
    String path = other instanceof Record ? name + ": " + root(other, name) : name;
    align(tree, other, path, Tree::checkAlike, leaves);
    return leaves;
  }

  /**
   * The same where sizes of axes may differ; the leaves are appended to others.
   *
   * @param path of the structure, for messages
   */
  public static void leavesOfForm(Object tree, String path, Object other, List<Tensor> leaves) {
    align(tree, other, path, Tree::checkKind, leaves);
  }

  /** Refuses a leaf at a path that is not as the other says. */
  private interface Check {
    void check(Tensor t, Tensor other, String path);
  }

  /** What the path of a whole structure is. */
  private static String root(Object tree, String name) {
    if (Form.standsStill(tree)) {
      throw new IllegalArgumentException(
          "a %s has no tensor in it".formatted(tree.getClass().getTypeName()));
    }
    return tree instanceof Record ? uncapitalized(tree.getClass().getSimpleName()) : name;
  }

  private static String uncapitalized(String name) {
    return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
  }

  private static void visit(Object tree, String path, BiConsumer<String, Tensor> leaf) {
    if (tree instanceof Tensor x) {
      leaf.accept(path, x);
    } else if (!Form.standsStill(tree)) {
      for (Form.Part part : Form.of(tree, path).parts()) {
        visit(part.value(), path + part.step(), leaf);
      }
    }
  }

  private static Object rebuild(Object tree, String path, UnaryOperator<Tensor> f) {
    if (tree instanceof Tensor x) {
      return f.apply(x);
    }
    if (Form.standsStill(tree)) {
      return tree;
    }
    Form form = Form.of(tree, path);
    List<Object> parts = new ArrayList<>();
    form.parts().forEach(part -> parts.add(rebuild(part.value(), path + part.step(), f)));
    return form.rebuild().apply(parts);
  }

  private static void align(
      Object tree, Object other, String path, Check check, List<Tensor> leaves) {
    if (tree instanceof Tensor t && other instanceof Tensor x) {
      check.check(t, x, path);
      leaves.add(t);
      return;
    }
    if (Form.standsStill(other)) {
      if (!other.equals(tree)) {
        throw new IllegalArgumentException(
            "%s is %s, must be %s: it stands still".formatted(path, quoted(tree), quoted(other)));
      }
      return;
    }
    Form own = Form.of(tree, path);
    Form form = Form.of(other, path);
    Map<Object, Object> parts = new HashMap<>();
    own.parts().forEach(part -> parts.put(part.key(), part.value()));
    if (!own.kind().equals(form.kind()) || own.parts().size() != form.parts().size()) {
      throw differ(path, own, form);
    }
    for (Form.Part part : form.parts()) {
      Object value = parts.get(part.key());
      if (value == null) {
        throw differ(path, own, form);
      }
      align(value, part.value(), path + part.step(), check, leaves);
    }
  }

  private static String quoted(Object value) {
    return value instanceof String ? "\"" + value + "\"" : String.valueOf(value);
  }

  private static IllegalArgumentException differ(String path, Form own, Form form) {
    return new IllegalArgumentException(
        "%s is %s, must be %s".formatted(path, own.text(), form.text()));
  }

  private static void checkAlike(Tensor t, Tensor x, String path) {
    if (!t.shape().equals(x.shape())) {
      throw new ShapeException(
          "%s has the shape %s, must have %s".formatted(path, t.shape(), x.shape()));
    }
    checkKind(t, x, path);
  }

  private static void checkKind(Tensor t, Tensor x, String path) {
    if (t.rank() != x.rank()) {
      throw new ShapeException(
          "%s has the shape %s, must have %d axes as %s has"
              .formatted(path, t.shape(), x.rank(), x.shape()));
    }
    if (t.dtype() != x.dtype()) {
      throw new DTypeException("%s is %s, must be %s".formatted(path, t.dtype(), x.dtype()));
    }
  }
}
