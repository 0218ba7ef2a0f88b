package thimble.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.InBothBackends;
import thimble.runtime.OtherJvm;
import thimble.runtime.OtherJvm.Ended;

/** {@code thimble train}: what it writes, and that each failure is one line and its own code. */
class TrainCommandTest {
  private static final int SIDE = 4;
  private static final int TRAIN = 60;
  private static final int TEST = 20;

  @TempDir private Path folder;

  private Path data;
  private Path out;

  @BeforeEach
  void writeData() throws IOException {
    data = Files.createDirectory(folder.resolve("digits"));
    out = folder.resolve("out");
    writeIdx("train-images-idx3-ubyte", pixels(TRAIN), TRAIN, SIDE, SIDE);
    writeIdx("train-labels-idx1-ubyte", labels(TRAIN), TRAIN);
    writeIdx("t10k-images-idx3-ubyte", pixels(TEST), TEST, SIDE, SIDE);
    writeIdx("t10k-labels-idx1-ubyte", labels(TEST), TEST);
  }

  // -- Bad usage ----------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "--hidden, 0",
    "--hidden, -1",
    "--hidden, 100001",
    "--hidden, x",
    "--hidden, 1.5",
    "--batch, 0",
    "--batch, -7",
    "--batch, 99999999999",
    "--batch, x",
    "--lr, 0",
    "--lr, -0.1",
    "--lr, NaN",
    "--lr, Infinity",
    "--lr, x",
    "--epochs, 0",
    "--epochs, -1",
    "--epochs, x",
    "--seed, -1",
    "--seed, 4294967296",
    "--seed, x",
    "--threads, 0",
    "--threads, -1",
    "--threads, 257",
    "--threads, x",
    "--dtype, f16",
    "--dtype, F32",
    "--dtype, float32",
    "--backend, cuda",
    "--backend, Java",
  })
  void aBadValueNamesItsOptionAndTheValue(String option, String value) throws Exception {
    Ended ended = inProcess("train", "--data", data, "--out", out, option, value);

    assertFails(Exit.BAD_USAGE, ended, option, value, "train --help");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--data",
        "--hidden",
        "--batch",
        "--lr",
        "--epochs",
        "--seed",
        "--threads",
        "--dtype",
        "--backend",
        "--out"
      })
  void anOptionWithoutItsValueIsNamed(String option) throws Exception {
    assertFails(Exit.BAD_USAGE, inProcess("train", option), option);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--nonsense", "-x", "extra"})
  void anUnknownArgumentIsNamed(String argument) throws Exception {
    assertFails(Exit.BAD_USAGE, inProcess("train", argument), argument);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--data", "--out"})
  void anEmptyPathIsRefused(String option) throws Exception {
    assertFails(Exit.BAD_USAGE, inProcess("train", option, ""), option, "the path is empty");
  }

  @Test
  void anUnknownCommandIsNamed() throws Exception {
    assertFails(Exit.BAD_USAGE, inProcess("tarin"), "tarin");
  }

  @Test
  void noCommandIsBadUsage() throws Exception {
    assertFails(Exit.BAD_USAGE, inProcess(), "train");
  }

  @Test
  void helpListsEveryOption() throws Exception {
    Ended ended = inProcess("train", "--help");

    assertEquals(0, ended.code(), ended::all);
    for (String option :
        "--data --hidden --batch --lr --epochs --seed --threads --dtype --backend --out"
            .split(" ")) {
      assertTrue(ended.out().contains(option), option);
    }
  }

  // -- Bad data -----------------------------------------------------------------------------------

  @Test
  void aMissingFolderIsNamed() throws Exception {
    Path none = folder.resolve("none");

    assertFails(Exit.NO_INPUT, train("--data", none), none + ": no such folder");
  }

  @Test
  void aFileForTheFolderIsNamed() throws Exception {
    Path file = data.resolve("train-images-idx3-ubyte");

    assertFails(Exit.NO_INPUT, train("--data", file), file + ": not a folder");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte"
      })
  void aMissingFileIsNamed(String name) throws Exception {
    Files.delete(data.resolve(name));

    assertFails(Exit.NO_INPUT, train("--data", data), data.resolve(name) + ": no such file");
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "it cannot be opened there")
  void aFolderInPlaceOfAFileIsNamed() throws Exception {
    Path images = data.resolve("train-images-idx3-ubyte");
    Files.delete(images);
    Files.createDirectory(images);

    assertFails(Exit.NO_INPUT, train("--data", data), images + ": ");
  }

  @ParameterizedTest
  @CsvSource({
    "train-images-idx3-ubyte, 0", "train-images-idx3-ubyte, 3", "train-images-idx3-ubyte, 15",
    "train-images-idx3-ubyte, 500", "train-labels-idx1-ubyte, 7", "t10k-images-idx3-ubyte, 16",
    "t10k-labels-idx1-ubyte, 27"
  })
  void aTruncatedFileIsNamed(String name, int length) throws Exception {
    Path file = data.resolve(name);
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), length));

    assertFails(Exit.BAD_DATA, train("--data", data), name + ": at byte ");
  }

  @Test
  void labelsThatDoNotMatchTheImagesAreRefused() throws Exception {
    writeIdx("train-labels-idx1-ubyte", labels(TRAIN - 1), TRAIN - 1);

    assertFails(Exit.BAD_DATA, train("--data", data), "60 images but 59 labels");
  }

  @Test
  void testImagesOfAnotherSizeAreRefused() throws Exception {
    writeIdx("t10k-images-idx3-ubyte", pixels(TEST), TEST, SIDE * SIDE, 1);

    assertFails(Exit.BAD_DATA, train("--data", data), "16 x 1", "4 x 4");
  }

  @Test
  void aLabelAboveNineIsRefused() throws Exception {
    byte[] labels = labels(TEST);
    labels[5] = 10;
    writeIdx("t10k-labels-idx1-ubyte", labels, TEST);

    assertFails(Exit.BAD_DATA, train("--data", data), "label 10 at index 5");
  }

  // -- Where results go ---------------------------------------------------------------------------

  @Test
  void aFileInPlaceOfTheOutFolderIsLeftAlone() throws Exception {
    Files.writeString(out, "precious");

    Ended ended = inProcess("train", "--data", data, "--out", out);

    assertOneLine(Exit.CANNOT_WRITE, ended, "cannot write " + out);
    assertEquals("precious", Files.readString(out));
  }

  @Test
  void anOutFolderBelowAFileIsRefused() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "precious");

    assertOneLine(
        Exit.CANNOT_WRITE,
        inProcess("train", "--data", data, "--out", file.resolve("out")),
        "cannot write " + file.resolve("out"));
    assertEquals("precious", Files.readString(file));
  }

  @Test
  void aFolderInPlaceOfTheWeightsIsRefused() throws Exception {
    Path weights = Files.createDirectories(out.resolve("weights.npz"));

    assertOneLine(
        Exit.CANNOT_WRITE,
        inProcess("train", "--data", data, "--out", out, "--hidden", 5, "--epochs", 1),
        "cannot write " + weights);
    assertEquals(List.of("weights.npz"), names(out));
  }

  // -- A training ---------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"native, f32", "native, f64", "java, f32", "java, f64"})
  void weightsAndCurveAreWrittenAndSecondTimeOverwritten(String backend, String dtype)
      throws Exception {
    InBothBackends.assumeBuilt(backend);
    Files.createDirectories(out);
    Files.writeString(out.resolve("weights.npz"), "old");
    Files.writeString(out.resolve("mine.txt"), "precious");

    Ended first = otherProcess("--seed", 1, "--backend", backend, "--dtype", dtype).end();
    Map<String, double[]> weights = weights();
    Ended second = otherProcess("--seed", 2, "--backend", backend, "--dtype", dtype).end();

    for (Ended ended : List.of(first, second)) {
      assertEquals(0, ended.code(), ended::all);
      assertEquals("", ended.err());
      assertTrue(ended.out().contains("digits: 60 training and 20 test images of 4 x 4"));
      assertTrue(ended.out().contains(backend.equals("java") ? "plain Java" : "native, "));
      assertTrue(ended.out().contains(" 1/2 ") && ended.out().contains(" 2/2 "), ended::all);
      assertTrue(ended.out().contains("wrote    " + out.resolve("weights.npz")), ended::all);
      assertTrue(ended.out().contains("wrote    " + out.resolve("curve.svg")), ended::all);
    }
    assertEquals(List.of("curve.svg", "mine.txt", "weights.npz"), names(out));
    String type = dtype.equals("f32") ? "<f4" : "<f8";
    assertEquals(
        List.of("W1.npy " + type + " (16, 5)", "W2.npy " + type + " (5, 10)"),
        List.copyOf(weights.keySet()));
    assertEquals(weights.keySet(), weights().keySet());
    assertFalse(Arrays.equals(first(weights), first(weights())), "the second run has not written");
    assertTrue(Files.readString(out.resolve("curve.svg")).contains("</svg>"));
  }

  @Test
  void theSameSeedGivesTheSameBytes() throws Exception {
    Ended first = inProcess(arguments("--seed", 7).toArray());
    byte[] weights = Files.readAllBytes(out.resolve("weights.npz"));
    Ended second = inProcess(arguments("--seed", 7).toArray());

    assertEquals(0, first.code(), first::all);
    assertEquals(0, second.code(), second::all);
    assertArrayEquals(weights, Files.readAllBytes(out.resolve("weights.npz")));
  }

  @Test
  void aBatchLargerThanTheDataIsAll() throws Exception {
    Ended ended = inProcess(arguments("--batch", Integer.MAX_VALUE).toArray());

    assertEquals(0, ended.code(), ended::all);
    assertEquals(List.of("curve.svg", "weights.npz"), names(out));
  }

  @Test
  void aLossThatIsNotFiniteIsSaidOnce() throws Exception {
    Ended ended = inProcess(arguments("--lr", "1e30").toArray());

    assertEquals(0, ended.code(), ended::all);
    assertEquals(1, ended.err().lines().count(), ended::all);
    assertTrue(ended.err().startsWith("thimble: the loss is NaN after epoch 1: "), ended::all);
    assertTrue(ended.err().contains("a smaller --lr than 1.0E30"), ended::all);
    assertEquals(List.of("curve.svg", "weights.npz"), names(out));
  }

  @Test
  void outputThatCannotBeWrittenIsAnError() throws Exception {
    Ended ended = inProcess(FullDisk.stream(), arguments().toArray());

    assertOneLine(Exit.CANNOT_WRITE, ended, "cannot write to the standard output");
    assertEquals(List.of("curve.svg", "weights.npz"), names(out));
  }

  // -- Ctrl-C -------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "no signals there")
  void ctrlCEndsItCleanly(boolean existed) throws Exception {
    if (existed) {
      Files.createDirectory(out);
    }
    OtherJvm training = otherProcess("--backend", "java", "--epochs", 1_000_000_000);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!training.outSoFar().contains("1/1000000000")) {
      Assumptions.assumeTrue(System.nanoTime() < deadline, "the machine is too busy");
      assertTrue(training.isAlive(), () -> "ended by itself");
      Thread.sleep(20);
    }
    new ProcessBuilder("kill", "-INT", Long.toString(training.pid())).start().waitFor();
    Ended ended = training.end();

    assertEquals(Exit.INTERRUPTED, ended.code(), ended::all);
    assertTrue(ended.out().contains("interrupted in epoch "), ended::all);
    assertTrue(ended.out().strip().endsWith("nothing was written"), ended::all);
    assertEquals("", ended.err(), ended::all);
    assertEquals(existed, Files.exists(out));
    assertEquals(List.of(), existed ? names(out) : List.of());
  }

  @Test
  void anInterruptBeforeTheFirstEpochSaysSo() {
    StringWriter printed = new StringWriter();
    new Report(new PrintWriter(printed), TRAIN).interrupted();

    assertEquals(
        "interrupted before the first epoch; nothing was written", printed.toString().strip());
  }

  // -- Helpers ------------------------------------------------------------------------------------

  /** Trains on what should not do, and so writes nothing. */
  private Ended train(Object... arguments) {
    List<Object> all = new ArrayList<>(List.of("train", "--out", out));
    all.addAll(List.of(arguments));
    return inProcess(all.toArray());
  }

  private List<Object> arguments(Object... more) {
    List<Object> all =
        new ArrayList<>(List.of("train", "--data", data, "--out", out, "--hidden", 5));
    if (!List.of(more).contains("--epochs")) {
      all.addAll(List.of("--epochs", 2));
    }
    all.addAll(List.of(more));
    return all;
  }

  private OtherJvm otherProcess(Object... more) throws IOException {
    List<String> all = new ArrayList<>();
    all.add("--enable-native-access=ALL-UNNAMED");
    all.add(Main.class.getName());
    arguments(more).forEach(argument -> all.add(argument.toString()));
    return OtherJvm.start(folder, List.of(OtherJvm.CLASSES, OtherJvm.library("picocli")), all);
  }

  private static Ended inProcess(Object... arguments) {
    return inProcess(new ByteArrayOutputStream(), arguments);
  }

  private static Ended inProcess(OutputStream out, Object... arguments) {
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
      return new Ended(
          code,
          out instanceof ByteArrayOutputStream b ? b.toString(StandardCharsets.UTF_8) : "",
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  private void assertFails(int code, Ended ended, String... parts) throws IOException {
    assertOneLine(code, ended, parts);
    assertFalse(Files.exists(out), "the folder for what is written is there");
  }

  private void assertOneLine(int code, Ended ended, String... parts) throws IOException {
    assertEquals(code, ended.code(), ended::all);
    assertEquals(1, ended.err().lines().count(), ended::all);
    assertTrue(ended.err().startsWith("thimble: "), ended::all);
    for (String part : parts) {
      assertTrue(ended.err().contains(part), () -> "'" + part + "' is not in " + ended.all());
    }
    try (Stream<Path> files = Files.walk(folder)) {
      assertEquals(List.of(), files.filter(f -> f.toString().endsWith(".tmp")).toList());
    }
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private static double[] first(Map<String, double[]> arrays) {
    return arrays.values().iterator().next();
  }

  /** The arrays of the file by name, dtype and shape. */
  private Map<String, double[]> weights() throws IOException {
    Map<String, double[]> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(out.resolve("weights.npz").toFile())) {
      for (var entry : zip.stream().toList()) {
        try (InputStream in = zip.getInputStream(entry)) {
          read(entry.getName(), in.readAllBytes(), arrays);
        }
      }
    }
    return arrays;
  }

  private static void read(String name, byte[] npy, Map<String, double[]> arrays) {
    ByteBuffer bytes = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
    int length = bytes.getShort(8);
    String header = new String(npy, 10, length, StandardCharsets.US_ASCII);
    Matcher m =
        Pattern.compile(
                "\\{'descr': '(<f[48])', 'fortran_order': False, 'shape': (\\(.*?\\)), *\\}.*",
                Pattern.DOTALL)
            .matcher(header);
    assertTrue(m.matches(), header);
    bytes.position(10 + length);
    double[] values = new double[bytes.remaining() / (m.group(1).equals("<f4") ? 4 : 8)];
    for (int i = 0; i < values.length; i++) {
      values[i] = m.group(1).equals("<f4") ? bytes.getFloat() : bytes.getDouble();
      assertTrue(Double.isFinite(values[i]));
    }
    assertEquals(0, bytes.remaining());
    arrays.put("%s %s %s".formatted(name, m.group(1), m.group(2)), values);
  }

  private void writeIdx(String name, byte[] elements, int... sizes) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * sizes.length + elements.length);
    bytes.put(new byte[] {0, 0, 8, (byte) sizes.length});
    for (int size : sizes) {
      bytes.putInt(size);
    }
    bytes.put(elements);
    Files.write(data.resolve(name), bytes.array());
  }

  /** A bright spot where the label says. */
  private static byte[] pixels(int count) {
    byte[] pixels = new byte[count * SIDE * SIDE];
    for (int i = 0; i < count; i++) {
      pixels[i * SIDE * SIDE + i % 10] = (byte) 200;
    }
    return pixels;
  }

  private static byte[] labels(int count) {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
    }
    return labels;
  }
}
