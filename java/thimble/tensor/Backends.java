package thimble.tensor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which backend computes.
 *
 * <p>The process has one, chosen at first use by {@code -Dthimble.backend}: {@code native}, {@code
 * java}, or {@code auto} (the default), which takes the native one and, where that does not load,
 * the plain-Java one with one warning to the log. {@link #use} chooses another for a block of the
 * current thread.
 */
public final class Backends {
  /** The property that names the backend: {@code auto}, {@code native} or {@code java}. */
  public static final String PROPERTY = "thimble.backend";

  private static final Map<String, Backend> OPEN = new ConcurrentHashMap<>();

  private static volatile @Nullable Backend standard;

  private Backends() {}

  /** The backend of the current thread: that of the innermost {@link #use}, else the process's. */
  public static Backend current() {
    return Mode.get().backend();
  }

  /**
   * Computes with that backend on this thread until the block is closed. Tensors of several
   * backends may meet in one op.
   *
   * @throws BackendException if there is no such backend on this machine
   */
  public static Block use(String name) {
    return Mode.get().use(named(name));
  }

  /** The backend chosen for the process; opened on first use. */
  static Backend standard() {
    Backend backend = standard;
    return backend != null ? backend : chooseStandard();
  }

  private static synchronized Backend chooseStandard() {
    Backend backend = standard;
    if (backend == null) {
      backend = choose(System.getProperty(PROPERTY, "auto"));
      standard = backend;
    }
    return backend;
  }

  private static Backend choose(String name) {
    if (!name.equals("auto")) {
      return named(name);
    }
    BackendException reason = null;
    for (Backend.Provider provider : providers()) {
      try {
        Backend backend = named(provider.name());
        if (reason != null) { // only then: a logger takes long to make
          System.getLogger("thimble")
              .log(
                  System.Logger.Level.WARNING,
                  "computing in plain Java, many times slower: " + reason.getMessage());
        }
        return backend;
      } catch (BackendException e) {
        if (!provider.replaceable()) {
          throw e;
        }
        reason = reason == null ? e : reason;
      }
    }
    throw reason != null ? reason : new BackendException("no backend on the class or module path");
  }

  private static Backend named(String name) {
    Backend open = OPEN.get(name);
    if (open != null) { // looking for providers takes files
      return open;
    }
    List<String> known = new ArrayList<>();
    for (Backend.Provider provider : providers()) {
      if (provider.name().equals(name)) {
        return OPEN.computeIfAbsent(name, n -> provider.open());
      }
      known.add(provider.name());
    }
    throw new BackendException(
        "no backend is called '%s'; -D%s takes auto or one of %s".formatted(name, PROPERTY, known));
  }

  private static List<Backend.Provider> providers() {
    return ServiceLoader.load(Backend.Provider.class, Backends.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(Backend.Provider::priority).reversed())
        .toList();
  }
}
