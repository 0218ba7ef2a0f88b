package thimble.runtime;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import thimble.runtime.ffi.gen.ThimbleH;

/**
 * The entry points that compute, linked so that they take arrays of the Java heap: nothing of the
 * JVM may stop the thread meanwhile, so the call has to be short. jextract does not make these. A
 * class for each, so that a program links what it calls.
 *
 * <p>The layout and the error are the caller's own memory and are passed as bare addresses: of a
 * segment, each call asks whether it is still there.
 */
final class Critical {
  private Critical() {}

  /** With a layout, and an error. */
  private static MethodHandle linkStrided(MemorySegment address, FunctionDescriptor descriptor) {
    List<MemoryLayout> arguments = new ArrayList<>(descriptor.argumentLayouts());
    arguments.set(arguments.indexOf(ThimbleH.C_POINTER), ValueLayout.JAVA_LONG);
    return link(address, FunctionDescriptor.ofVoid(arguments.toArray(new MemoryLayout[0])));
  }

  /** With an error. */
  private static MethodHandle link(MemorySegment address, FunctionDescriptor descriptor) {
    List<MemoryLayout> arguments = new ArrayList<>(descriptor.argumentLayouts());
    arguments.set(arguments.size() - 1, ValueLayout.JAVA_LONG);
    return Linker.nativeLinker()
        .downcallHandle(
            address,
            FunctionDescriptor.ofVoid(arguments.toArray(new MemoryLayout[0])),
            Linker.Option.critical(true));
  }

  /** th_unary. */
  static final class Unary {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_unary$address(), ThimbleH.th_unary$descriptor());
  }

  /** th_binary. */
  static final class Binary {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_binary$address(), ThimbleH.th_binary$descriptor());
  }

  /** th_scalar. */
  static final class Scalar {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_scalar$address(), ThimbleH.th_scalar$descriptor());
  }

  /** th_compare. */
  static final class Compare {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_compare$address(), ThimbleH.th_compare$descriptor());
  }

  /** th_select. */
  static final class Select {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_select$address(), ThimbleH.th_select$descriptor());
  }

  /** th_cast. */
  static final class Cast {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_cast$address(), ThimbleH.th_cast$descriptor());
  }

  /** th_copy. */
  static final class Copy {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_copy$address(), ThimbleH.th_copy$descriptor());
  }

  /** th_fill. */
  static final class Fill {
    static final MethodHandle CALL =
        link(ThimbleH.th_fill$address(), ThimbleH.th_fill$descriptor());
  }

  /** th_gather. */
  static final class Gather {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_gather$address(), ThimbleH.th_gather$descriptor());
  }

  /** th_scatter_add. */
  static final class ScatterAdd {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_scatter_add$address(), ThimbleH.th_scatter_add$descriptor());
  }

  /** th_reduce. */
  static final class Reduce {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_reduce$address(), ThimbleH.th_reduce$descriptor());
  }

  /** th_matmul. */
  static final class Matmul {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_matmul$address(), ThimbleH.th_matmul$descriptor());
  }

  /** th_cumsum. */
  static final class CumSum {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_cumsum$address(), ThimbleH.th_cumsum$descriptor());
  }

  /** th_softmax. */
  static final class Softmax {
    static final MethodHandle CALL =
        linkStrided(ThimbleH.th_softmax$address(), ThimbleH.th_softmax$descriptor());
  }

  /** th_random. */
  static final class Random {
    static final MethodHandle CALL =
        link(ThimbleH.th_random$address(), ThimbleH.th_random$descriptor());
  }
}
