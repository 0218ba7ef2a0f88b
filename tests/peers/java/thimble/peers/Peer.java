package thimble.peers;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A JVM with a rival library in it, which does what it reads from standard input and answers on
 * standard output. The bench starts one for each library: two of them do not get on in one process.
 *
 * <p>Numbers are big-endian, text is as {@link DataOutputStream#writeUTF} writes it, an array is
 * its length and its elements. The first answer is the library's name and version, a text. Then
 *
 * <pre>
 * "prepare" NAME SIZES OPERAND-COUNT OPERAND…   gives nothing
 * "run" TIMES                                   gives the seconds that it took, a double
 * "result"                                      gives an array of floats
 * </pre>
 *
 * and before each answer a boolean says whether there is one; if not, a text follows that says why.
 * The end of the input ends the process, and so does that of the one which started it.
 */
public final class Peer {
  /** A library. */
  public interface Library {
    /** Its name and version. */
    String name();

    /** Gets work ready. */
    Job prepare(Task task);
  }

  private static final int CHUNK = 1 << 16;

  // As Linux numbers them.
  private static final int PR_SET_PDEATHSIG = 1;
  private static final long SIGKILL = 9;

  private final DataInputStream in;
  private final DataOutputStream out;
  private Optional<Job> job = Optional.empty();

  private Peer(DataInputStream in, DataOutputStream out) {
    this.in = in;
    this.out = out;
  }

  /** Serves until the input ends. Whatever else would print there does so on standard error. */
  public static void serve(Supplier<Library> opened) throws IOException {
    endWithParent();
    DataInputStream in = new DataInputStream(new FileInputStream(FileDescriptor.in));
    DataOutputStream out = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.err), true));
    new Peer(in, out).serve(opened.get());
    System.exit(0); // libraries leave threads behind
  }

  /** Asks Linux for it: while it is stopped, a process does not see the end of its input. */
  @SuppressWarnings("restricted")
  private static void endWithParent() {
    Linker linker = Linker.nativeLinker();
    MethodHandle prctl =
        linker.downcallHandle(
            linker.defaultLookup().find("prctl").orElseThrow(),
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));
    try {
      if ((int) prctl.invokeExact(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        throw new IllegalStateException("prctl(PR_SET_PDEATHSIG) failed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private void serve(Library library) throws IOException {
    out.writeBoolean(true);
    out.writeUTF(library.name());
    for (Optional<String> command = next(); command.isPresent(); command = next()) {
      switch (command.get()) {
        case "prepare" -> {
          Task task = task();
          answer(() -> {
            job.ifPresent(Job::close);
            job = Optional.empty();
            job = Optional.of(library.prepare(task));
            return () -> {};
          });
        }
        case "run" -> {
          int times = in.readInt();
          answer(() -> {
            double seconds = time(job.orElseThrow(), times);
            return () -> out.writeDouble(seconds);
          });
        }
        case "result" ->
            answer(() -> {
              float[] result = job.orElseThrow().result();
              return () -> write(result);
            });
        default -> throw new IOException("no command is called " + command.get());
      }
    }
  }

  private static double time(Job job, int times) {
    long begin = System.nanoTime();
    job.run(times);
    return (System.nanoTime() - begin) / 1e9;
  }

  /** The next command, if there is one. */
  private Optional<String> next() throws IOException {
    try {
      return Optional.of(in.readUTF());
    } catch (EOFException e) {
      return Optional.empty();
    }
  }

  // -- Answers ------------------------------------------------------------------------------------

  private interface Answer {
    void write() throws IOException;
  }

  private void answer(Supplier<Answer> work) throws IOException {
    Answer answer;
    try {
      answer = work.get();
      out.writeBoolean(true);
    } catch (RuntimeException | LinkageError e) {
      e.printStackTrace();
      out.writeBoolean(false);
      answer = () -> out.writeUTF(e.toString());
    }
    answer.write();
    out.flush();
  }

  // -- Arrays -------------------------------------------------------------------------------------

  private Task task() throws IOException {
    String name = in.readUTF();
    int[] sizes = new int[in.readInt()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = in.readInt();
    }
    float[][] operands = new float[in.readInt()][];
    for (int i = 0; i < operands.length; i++) {
      operands[i] = floats();
    }
    return new Task(name, sizes, operands);
  }

  private float[] floats() throws IOException {
    float[] x = new float[in.readInt()];
    for (int i = 0; i < x.length; i += CHUNK) {
      int count = Math.min(CHUNK, x.length - i);
      ByteBuffer.wrap(in.readNBytes(4 * count)).asFloatBuffer().get(x, i, count);
    }
    return x;
  }

  private void write(float[] x) throws IOException {
    out.writeInt(x.length);
    for (int i = 0; i < x.length; i += CHUNK) {
      int count = Math.min(CHUNK, x.length - i);
      ByteBuffer bytes = ByteBuffer.allocate(4 * count);
      bytes.asFloatBuffer().put(x, i, count);
      out.write(bytes.array());
    }
  }
}
