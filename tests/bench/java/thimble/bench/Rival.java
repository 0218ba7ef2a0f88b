package thimble.bench;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A library that is measured in a JVM of its own: the other end of {@code thimble.peers.Peer},
 * where the protocol is written down. The process is stopped while it is not asked for anything, so
 * that its threads take no time from others, however they wait.
 */
final class Rival implements AutoCloseable {
  /** The libraries that there are. */
  enum Library {
    DJL("djl", "djl", "DjlPeer"),
    ND4J("nd4j", "nd4j", "Nd4jPeer"),
    TENSORFLOW("tf", "tensorflow", "TensorFlowPeer"),
    /** TensorFlow with its compiler. */
    XLA("xla", "tensorflow", "TensorFlowPeer");

    private final String id;
    private final String folder;
    private final String main;

    Library(String id, String folder, String main) {
      this.id = id;
      this.folder = folder;
      this.main = main;
    }

    /** What its rows' ids end with. */
    String id() {
      return id;
    }

    /** What tells it how many threads to use, and never to look for anything outside. */
    private List<String> properties(int threads, Path cache) {
      return switch (this) {
        case DJL ->
            List.of(
                "-Dai.djl.pytorch.num_threads=" + threads,
                "-Dai.djl.pytorch.num_interop_threads=1",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-DDJL_CACHE_DIR=" + cache,
                "-DENGINE_CACHE_DIR=" + cache);
        case ND4J, TENSORFLOW, XLA ->
            List.of(
                "-Dthreads=" + threads,
                "-Dxla=" + (this == XLA),
                "-Dorg.bytedeco.javacpp.cachedir=" + cache);
      };
    }

    private Map<String, String> environment(int threads) {
      String count = String.valueOf(threads);
      return Map.of(
          "OMP_NUM_THREADS",
          count,
          "MKL_NUM_THREADS",
          count,
          "OPENBLAS_NUM_THREADS",
          count,
          "TF_CPP_MIN_LOG_LEVEL",
          "1",
          "TF_XLA_FLAGS",
          this == XLA ? "--tf_xla_cpu_global_jit" : "");
    }
  }

  /**
   * Work to prepare, such as {@code ("matmul", [m, n, k, …], [a, b])}; what there is, {@link
   * Rivals} says.
   */
  record Task(String name, int[] sizes, float[]... operands) {}

  private static final int CHUNK = 1 << 16;

  // As Linux numbers them.
  private static final int SIGCONT = 18;
  private static final int SIGSTOP = 19;

  private static final MethodHandle KILL = kill();

  private final Library library;
  private final String name;
  private final Path log;
  private final Process process;
  private final DataInputStream in;
  private final DataOutputStream out;

  private Rival(Library library, Path log, Process process) {
    this.library = library;
    this.log = log;
    this.process = process;
    in = new DataInputStream(process.getInputStream());
    out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), 4 * CHUNK));
    name = ask("start", () -> {}, in::readUTF);
  }

  /** Starts a library's process. */
  static Rival start(Library library, int threads) {
    Path folder = Reference.beside("peers");
    Path own = folder.resolve(library.folder);
    Path log = folder.resolve(library.id + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx3g", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(library.properties(threads, own.resolve("cache")));
    command.addAll(List.of("-cp", own.resolve("classes") + ":" + own.resolve("lib") + "/*"));
    command.add("thimble.peers." + library.folder + "." + library.main);
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
      builder.environment().putAll(library.environment(threads));
      return new Rival(library, log, builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + library + ": " + e.getMessage(), e);
    }
  }

  /** The library's name and version. */
  String name() {
    return name;
  }

  /** Has it get ready for a task, and forget the one before. */
  void prepare(Task task) {
    ask(
        "prepare " + task.name(),
        () -> {
          out.writeUTF("prepare");
          out.writeUTF(task.name());
          out.writeInt(task.sizes().length);
          for (int size : task.sizes()) {
            out.writeInt(size);
          }
          out.writeInt(task.operands().length);
          for (float[] operand : task.operands()) {
            write(operand);
          }
        },
        () -> 0);
  }

  /** Has it do the task so many times; the seconds that it took, by its own clock. */
  double run(int times) {
    return ask(
        "run",
        () -> {
          out.writeUTF("run");
          out.writeInt(times);
        },
        in::readDouble);
  }

  /** Has it do the task once; its result. */
  float[] result() {
    return ask("result", () -> out.writeUTF("result"), this::floats);
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroyForcibly();
  }

  // -- Questions and answers ----------------------------------------------------------------------

  private interface Question {
    void write() throws IOException;
  }

  private interface Answer<T> {
    T read() throws IOException;
  }

  private <T> T ask(String what, Question question, Answer<T> answer) {
    signal(SIGCONT);
    try {
      question.write();
      out.flush();
      if (!in.readBoolean()) {
        throw failed(what, in.readUTF());
      }
      return answer.read();
    } catch (IOException e) {
      throw failed(what, "its process has ended");
    } finally {
      signal(SIGSTOP);
    }
  }

  private IllegalStateException failed(String what, String why) {
    return new IllegalStateException("%s: %s: %s (see %s)".formatted(library, what, why, log));
  }

  /** Sends a signal, unless the process has ended. */
  private void signal(int signal) {
    if (process.isAlive()) {
      try {
        int _ = (int) KILL.invokeExact((int) process.pid(), signal);
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle kill() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().find("kill").orElseThrow(),
        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  }

  // -- Arrays -------------------------------------------------------------------------------------

  private void write(float[] x) throws IOException {
    out.writeInt(x.length);
    for (int i = 0; i < x.length; i += CHUNK) {
      int count = Math.min(CHUNK, x.length - i);
      ByteBuffer bytes = ByteBuffer.allocate(4 * count);
      bytes.asFloatBuffer().put(x, i, count);
      out.write(bytes.array());
    }
  }

  private float[] floats() throws IOException {
    float[] x = new float[in.readInt()];
    for (int i = 0; i < x.length; i += CHUNK) {
      int count = Math.min(CHUNK, x.length - i);
      ByteBuffer.wrap(in.readNBytes(4 * count)).asFloatBuffer().get(x, i, count);
    }
    return x;
  }
}
