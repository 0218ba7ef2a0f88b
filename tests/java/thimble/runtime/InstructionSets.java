package thimble.runtime;

import java.util.List;
import java.util.stream.Stream;
import thimble.runtime.ffi.gen.ThimbleH;
import thimble.tensor.BackendException;
import thimble.tensor.Backends;
import thimble.tensor.Block;

/** Computes with one instruction set after the other in one JVM. */
public final class InstructionSets {
  private InstructionSets() {}

  /** Those that this machine has. */
  public static List<String> all() {
    String now = current();
    try {
      return Stream.of("baseline", "avx2", "avx512", "neon").filter(InstructionSets::has).toList();
    } finally {
      NativeBackend.isa(now);
    }
  }

  private static boolean has(String isa) {
    try {
      NativeBackend.isa(isa);
      return true;
    } catch (BackendException e) {
      return false;
    }
  }

  /** Computes with that one until the block is closed, on all threads. */
  public static Block use(String isa) {
    String before = current();
    NativeBackend.isa(isa);
    return () -> NativeBackend.isa(before);
  }

  private static String current() {
    try (Block _ = Backends.use("native")) {
      return ThimbleH.th_isa().getString(0);
    }
  }
}
