package thimble.tensor;

import java.util.ArrayList;
import java.util.List;
import thimble.runtime.Isa;

/**
 * What computes: a backend, and of the native one the kernels for an instruction set.
 *
 * @param isa its name, "" where there is none to choose
 */
record Engine(String backend, String isa) {
  static final Engine JAVA = new Engine("java", "");

  private static final List<Engine> ALL = find();

  /** All that this build and machine have; the first is plain Java, the last the one of users. */
  static List<Engine> all() {
    return ALL;
  }

  /** The native backend as users have it, or plain Java where the build has left it out. */
  static Engine best() {
    return ALL.getLast();
  }

  private static List<Engine> find() {
    List<Engine> all = new ArrayList<>();
    all.add(JAVA);
    if (!Boolean.getBoolean("thimble.native.skip")) {
      try (Block _ = Backends.use("native")) {
        String best = Isa.current();
        Isa.all().stream()
            .filter(isa -> !isa.equals(best))
            .forEach(isa -> all.add(new Engine("native", isa)));
        all.add(new Engine("native", best));
        Isa.use(best);
      }
    }
    return List.copyOf(all);
  }

  /** Computes with it until the block is closed. */
  Block use() {
    Block block = Backends.use(backend);
    if (isa.isEmpty()) {
      return block;
    }
    String before = Isa.current();
    if (!before.equals(isa)) {
      Isa.use(isa);
    }
    return () -> {
      if (!before.equals(isa)) {
        Isa.use(before);
      }
      block.close();
    };
  }

  @Override
  public String toString() {
    return isa.isEmpty() ? backend : backend + " " + isa;
  }
}
