package thimble.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.runtime.ffi.gen.th_error;

/** The instruction sets that the library has kernels for and this machine can run. */
public final class Isa {
  private Isa() {}

  /** Their names; the native backend must be open. */
  public static List<String> all() {
    return Stream.of("baseline", "avx2", "avx512", "neon").filter(Isa::tried).toList();
  }

  /** The name of the one that computes. */
  public static String current() {
    return ThimbleH.th_isa().getString(0);
  }

  /** Computes with that one from now on. */
  public static void use(String name) {
    if (!tried(name)) {
      throw new IllegalArgumentException(name + ": not on this machine");
    }
  }

  private static boolean tried(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment error = th_error.allocate(arena);
      ThimbleH.th_isa_use(arena.allocateFrom(name), error);
      return th_error.code(error) == ThimbleH.TH_OK();
    }
  }
}
