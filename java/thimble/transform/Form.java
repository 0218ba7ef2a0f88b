package thimble.transform;

import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import thimble.tensor.Tensor;

/**
 * One level of a structure.
 *
 * @param kind what only an equal one goes with
 * @param text what it is, for messages
 * @param parts what it is made of
 * @param rebuild another one of the same form, from other parts in their order
 */
record Form(Object kind, String text, List<Part> parts, Function<List<Object>, Object> rebuild) {
  /**
   * A part.
   *
   * @param key what tells it from the others
   * @param step how it is written after the path of the whole
   */
  record Part(Object key, String step, Object value) {}

  /** Whether a value is no part of what is differentiated, and goes with it unchanged. */
  static boolean standsStill(Object tree) {
    return tree instanceof String
        || tree instanceof Number
        || tree instanceof Boolean
        || tree instanceof Character
        || tree instanceof Enum<?>;
  }

  /**
   * The form of a structure; a tensor and what stands still have no parts.
   *
   * @param path where it is, for messages
   * @throws IllegalArgumentException if it is no structure
   */
  static Form of(@Nullable Object tree, String path) {
    return switch (tree) {
      case null -> throw lacks(path);
      case Tensor x -> new Form(Tensor.class, "a Tensor", List.of(), _ -> x);
      case Container<?> c -> container(c, path);
      case Record r -> RecordForm.of(r, path);
      case List<?> list ->
          new Form(List.class, "a List of " + list.size(), counted(list, path), ArrayList::new);
      case Map<?, ?> map -> map(map, path);
      case Optional<?> o -> optional(o);
      case Object[] array -> array(array, path);
      default -> {
        String type = withArticle(tree.getClass().getTypeName());
        if (standsStill(tree)) {
          yield new Form(type, type, List.of(), _ -> tree);
        }
        throw new IllegalArgumentException(
            ("%s: %s is no structure of tensors: takes Tensor, record, List, Map, array, Optional and"
                    + " Container, and in them String, numbers, Boolean, Character and enums")
                .formatted(path, type));
      }
    };
  }

  /** The name of a class with its article. */
  static String a(Class<?> type) {
    return withArticle(type.getSimpleName());
  }

  private static String withArticle(String name) {
    return ("AEIOUaeiou".indexOf(name.charAt(0)) < 0 ? "a " : "an ") + name;
  }

  static IllegalArgumentException lacks(String path) {
    return new IllegalArgumentException(path + ": null; Optional is for what may lack");
  }

  private static List<Part> counted(List<? extends @Nullable Object> values, String path) {
    List<Part> parts = new ArrayList<>();
    for (Object value : values) {
      String step = "[" + parts.size() + "]";
      if (value == null) {
        throw lacks(path + step);
      }
      parts.add(new Part(parts.size(), step, value));
    }
    return parts;
  }

  private static Form container(Container<?> c, String path) {
    List<Part> parts = counted(c.children(), path);
    return new Form(
        c.getClass(), "%s of %d".formatted(a(c.getClass()), parts.size()), parts, c::rebuild);
  }

  /** A sorted map stays sorted, another one keeps its order. */
  private static Form map(Map<?, ? extends @Nullable Object> map, String path) {
    List<Part> parts = new ArrayList<>();
    for (Map.Entry<?, ? extends @Nullable Object> e : map.entrySet()) {
      Object key = e.getKey();
      String step = key instanceof String ? "[\"" + key + "\"]" : "[" + key + "]";
      Object value = e.getValue();
      if (value == null) {
        throw lacks(path + step);
      }
      parts.add(new Part(key, step, value));
    }
    return new Form(
        Map.class,
        "a Map of " + map.keySet(),
        parts,
        values -> {
          Map<Object, Object> other = emptyLike(map);
          for (int i = 0; i < parts.size(); i++) {
            other.put(parts.get(i).key, values.get(i));
          }
          return other;
        });
  }

  @SuppressWarnings("unchecked") // it compares the keys of that map, and gets no others
  private static Map<Object, Object> emptyLike(Map<?, ?> map) {
    return map instanceof SortedMap<?, ?> sorted
        ? new TreeMap<>(((SortedMap<Object, ?>) sorted).comparator())
        : new LinkedHashMap<>();
  }

  private static Form optional(Optional<?> o) {
    return new Form(
        Optional.class,
        o.isPresent() ? "an Optional that is present" : "an empty Optional",
        o.stream().map(v -> new Part("", "", v)).toList(),
        values -> values.stream().findFirst());
  }

  private static Form array(Object[] array, String path) {
    Class<?> type = array.getClass().getComponentType();
    List<Part> parts = counted(Arrays.asList(array), path);
    return new Form(
        array.getClass(),
        "%s of %d".formatted(a(array.getClass()), array.length),
        parts,
        values -> {
          Object[] other = (Object[]) Array.newInstance(type, array.length);
          for (int i = 0; i < other.length; i++) {
            other[i] = fitting(type, values.get(i), path + parts.get(i).step);
          }
          return other;
        });
  }

  /** The value, which has to be of that type. */
  static Object fitting(Class<?> type, Object value, String path) {
    if (type.isPrimitive() || type.isInstance(value)) {
      return value; // what is primitive stands still
    }
    throw new IllegalArgumentException(
        "%s: comes back as %s, not %s: declare it as List or Map"
            .formatted(path, a(value.getClass()), a(type)));
  }
}
