package thimble.transform;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the records of a class are taken apart and put together again: by its accessors and its
 * canonical constructor, looked up once.
 *
 * @param accessors one for each component
 * @param constructor takes an array of the components
 */
record RecordForm(
    Class<?> type,
    List<RecordComponent> components,
    List<MethodHandle> accessors,
    MethodHandle constructor) {

  private static final ClassValue<RecordForm> FORMS =
      new ClassValue<>() {
        @Override
        protected RecordForm computeValue(Class<?> type) {
          return new RecordForm(type);
        }
      };

  private RecordForm(Class<?> type) {
    this(type, List.of(type.getRecordComponents()), accessors(type), constructor(type));
  }

  /**
   * The form of a record.
   *
   * @throws IllegalArgumentException if its package is not open to this one
   */
  static Form of(Record r, String path) {
    RecordForm form;
    try {
      form = FORMS.get(r.getClass());
    } catch (Closed _) {
      throw new IllegalArgumentException(path + ": " + closed(r.getClass(), RecordForm.class));
    }
    return new Form(
        r.getClass(), Form.a(r.getClass()), form.parts(r, path), values -> form.make(values, path));
  }

  private List<Form.Part> parts(Record r, String path) {
    List<Form.Part> parts = new ArrayList<>();
    for (int i = 0; i < accessors.size(); i++) {
      String name = components.get(i).getName();
      Object value = call(accessors.get(i), r);
      if (value == null) {
        throw Form.lacks(path + "." + name);
      }
      parts.add(new Form.Part(name, "." + name, value));
    }
    return parts;
  }

  private Object make(List<Object> values, String path) {
    Object[] all = values.toArray();
    for (int i = 0; i < all.length; i++) {
      RecordComponent c = components.get(i);
      Form.fitting(c.getType(), all[i], path + "." + c.getName());
    }
    return call(constructor, all);
  }

  /** What a record's own code throws passes through. */
  private static Object call(MethodHandle handle, Object argument) {
    try {
      return handle.invokeExact(argument);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("neither accessors nor canonical constructors declare any", e);
    }
  }

  private static List<MethodHandle> accessors(Class<?> type) {
    List<MethodHandle> all = new ArrayList<>();
    for (RecordComponent c : type.getRecordComponents()) {
      Method accessor = open(c.getAccessor());
      try {
        all.add(MethodHandles.lookup().unreflect(accessor).asType(MethodType.genericMethodType(1)));
      } catch (IllegalAccessException e) {
        throw new AssertionError(e);
      }
    }
    return all;
  }

  private static MethodHandle constructor(Class<?> type) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = open(type.getDeclaredConstructor(types));
      return MethodHandles.lookup()
          .unreflectConstructor(constructor)
          .asSpreader(Object[].class, types.length)
          .asType(MethodType.genericMethodType(1));
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("every record has a canonical constructor", e);
    }
  }

  private static <M extends AccessibleObject> M open(M member) {
    if (!member.trySetAccessible()) {
      throw new Closed();
    }
    return member;
  }

  /** What is missing for a class to be opened by another one. */
  static String closed(Class<?> type, Class<?> by) {
    Module to = by.getModule();
    return "the record %s is closed to %s: add `opens %s%s;` to the module-info of %s"
        .formatted(
            type.getSimpleName(),
            to.isNamed() ? to.getName() : "the class path",
            type.getPackageName(),
            to.isNamed() ? " to " + to.getName() : "",
            type.getModule().getName());
  }

  /** Reflection may not open the record. */
  private static final class Closed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }
}
