package thimble.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import thimble.InBothBackends;
import thimble.runtime.OtherJvm.Ended;

/** Loading the native library, each time in a JVM of its own: from the build and from a jar. */
class LoadingTest {
  private static final String ACCESS = "--enable-native-access=ALL-UNNAMED";
  private static final String NATIVE = "-Dthimble.backend=native";
  private static final String PRODUCT = "product 262144.0";

  @TempDir private static Path shared;

  private static Path jar;

  @TempDir private Path folder;

  @BeforeAll
  static void makeJar() throws IOException {
    InBothBackends.assumeBuilt("native");
    jar = shared.resolve("thimble.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> files = Files.walk(OtherJvm.CLASSES)) {
      out.setLevel(0);
      for (Path path : files.filter(Files::isRegularFile).toList()) {
        String name = OtherJvm.CLASSES.relativize(path).toString().replace('\\', '/');
        out.putNextEntry(new JarEntry(name));
        Files.copy(path, out);
        out.closeEntry();
      }
    }
  }

  // -- From the build's output --------------------------------------------------------------------

  @Test
  void theBuildsOwnOutputIsUsedWithoutAnyProperty() throws Exception {
    assertComputesNatively(run(ACCESS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "native"})
  void aNativePathToNoFileIsFinal(String backend) throws Exception {
    String path = "-Dthimble.native.path=" + folder.resolve("none.so");

    assertOneLine(run(ACCESS, "-Dthimble.backend=" + backend, path), path, "there is no");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 1000, 4096, 100_000, 1_000_000})
  void aTruncatedLibraryIsRefusedWithoutACrash(int bytes) throws Exception {
    byte[] whole = Files.readAllBytes(builtLibrary());
    Path cut = Files.write(folder.resolve("cut.so"), Arrays.copyOf(whole, bytes));

    assertOneLine(
        run(ACCESS, "-Dthimble.native.path=" + cut), "cannot load " + cut, "-Dthimble.native.path");
  }

  @Test
  void aTextFileForALibraryIsRefused() throws Exception {
    Path text = Files.writeString(folder.resolve("text.so"), "not a library\n".repeat(1000));

    assertOneLine(
        run(ACCESS, "-Dthimble.native.path=" + text),
        "cannot load " + text,
        "-Dthimble.native.path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "native"})
  void anotherLibraryForLibthimbleIsRefused(String backend) throws Exception {
    Path other = library(OtherJvm.CLASSES.resolve("META-INF").resolve("native"), "openblas");
    String path = "-Dthimble.native.path=" + other;

    assertOneLine(
        run(ACCESS, "-Dthimble.backend=" + backend, path),
        "cannot load " + other + ": it is a shared library but not libthimble",
        "no symbol th_abi",
        "-Dthimble.native.path");
  }

  @Test
  void aNativePathMayNameTheFolderOrTheFile() throws Exception {
    Path file = builtLibrary();

    assertComputesNatively(run(ACCESS, NATIVE, "-Dthimble.native.path=" + file));
    assertComputesNatively(run(ACCESS, NATIVE, "-Dthimble.native.path=" + file.getParent()));
  }

  @Test
  void theJavaBackendNeverTouchesTheLibrary() throws Exception {
    assertComputesInJava(
        run("-Dthimble.backend=java", "-Dthimble.native.path=" + folder.resolve("none.so")));
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_24)
  void theJavaBackendNeedsNoNativeAccess() throws Exception {
    assertComputesInJava(run("-Dthimble.backend=java", "--illegal-native-access=deny"));
  }

  @Test
  void anUnknownBackendIsRefusedWithTheKnownOnes() throws Exception {
    assertOneLine(
        run(ACCESS, "-Dthimble.backend=cuda"), "'cuda'", "-Dthimble.backend", "[native, java]");
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_24)
  void deniedNativeAccessNamesTheFlagToAdd() throws Exception {
    assertOneLine(run(NATIVE, "--illegal-native-access=deny"), ACCESS);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_24)
  void deniedNativeAccessLeavesPlainJavaWithAWarning() throws Exception {
    Ended ended = run("--illegal-native-access=deny");

    assertComputesInJava(ended);
    assertTrue(ended.err().contains("computing in plain Java"), ended::all);
    assertTrue(ended.err().contains(ACCESS), ended::all);
  }

  @Test
  void aBlasThatIsMissingIsRefused() throws Exception {
    Path none = folder.resolve("libnone.so");

    assertOneLine(run(ACCESS, NATIVE, "-Dthimble.blas=" + none), none.toString(), "-Dthimble.blas");
  }

  @Test
  void aTruncatedBlasIsRefusedWithoutACrash() throws Exception {
    byte[] whole = Files.readAllBytes(builtLibrary());
    Path cut = Files.write(folder.resolve("libcut.so"), Arrays.copyOf(whole, whole.length / 2));

    assertOneLine(run(ACCESS, NATIVE, "-Dthimble.blas=" + cut), cut.toString(), "-Dthimble.blas");
  }

  @Test
  void aBlasWithoutMatrixProductsIsRefused() throws Exception {
    assertOneLine(
        run(ACCESS, NATIVE, "-Dthimble.blas=" + builtLibrary()), "cblas_sgemm", "-Dthimble.blas");
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "0", "-1", "8q", "9999999999g"})
  void aBadMemoryLimitIsRefused(String limit) throws Exception {
    String property = "-Dthimble.memory.limit=" + limit;

    assertOneLine(run(ACCESS, NATIVE, property), property + ":", "512m");
  }

  @Test
  void whatExceedsTheMemoryLimitFailsAndTheRestWorks() throws Exception {
    Ended ended = run(List.of(ACCESS, NATIVE, "-Dthimble.memory.limit=8m"), "4194304");

    assertEquals(0, ended.code(), ended::all);
    String said = ended.out().lines().filter(l -> l.startsWith("OutOfMemory")).findFirst().get();
    assertTrue(said.contains("exp: float32 [4194304], 16777216 bytes asked for"), said);
    assertTrue(said.matches(".*, \\d+ in use of 8388608; .*-Dthimble.memory.limit=.*"), said);
    assertTrue(ended.out().contains(PRODUCT), ended::all);
  }

  // -- From a jar ---------------------------------------------------------------------------------

  @Test
  void aJarIsUnpackedOnceAndReused() throws Exception {
    assertComputesNatively(runJar());
    Map<Path, FileTime> first = unpacked();
    assertComputesNatively(runJar());

    assertTrue(first.size() >= 2, first::toString);
    assertEquals(first, unpacked());
    Path cache = first.keySet().iterator().next().getParent();
    if (cache.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)));
    }
  }

  @Test
  void aCachedFileOfAnotherLengthIsReplaced() throws Exception {
    assertComputesNatively(runJar());
    Path library = cachedLibrary();
    byte[] whole = Files.readAllBytes(library);
    Files.write(library, Arrays.copyOf(whole, whole.length / 2));

    assertComputesNatively(runJar());
    assertEquals(whole.length, Files.size(library));
  }

  @ParameterizedTest
  @ValueSource(strings = {"thimble", "openblas"})
  @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere the system looks at the headers")
  void aCachedFileOfTheRightLengthThatIsNoLibraryIsReplaced(String name) throws Exception {
    assertComputesNatively(runJar());
    Path library = library(folder.resolve("cache"), name);
    byte[] whole = Files.readAllBytes(library);
    Files.write(library, new byte[whole.length]);

    assertComputesNatively(runJar());
    assertArrayEquals(whole, Files.readAllBytes(library));
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a privilege there")
  void aLinkPlantedForACachedFileIsReplacedAndItsTargetLeftAlone() throws Exception {
    assertComputesNatively(runJar());
    Path library = cachedLibrary();
    Path target = Files.writeString(folder.resolve("target"), "precious");
    Files.delete(library);
    Files.createSymbolicLink(library, target);

    assertComputesNatively(runJar());
    assertTrue(Files.isRegularFile(library, LinkOption.NOFOLLOW_LINKS));
    assertEquals("precious", Files.readString(target));
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a privilege there")
  void aCacheFolderThatIsALinkIsRefused() throws Exception {
    assertComputesNatively(runJar());
    Path cache = cachedLibrary().getParent();
    Path elsewhere = folder.resolve("elsewhere");
    Files.move(cache, elsewhere);
    Files.createSymbolicLink(cache, elsewhere);

    assertOneLine(runJar(), cache + " is not a folder", "-Dthimble.cache", "-Dthimble.native.path");
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "no such modes there")
  void aCacheFolderThatOthersMayEnterIsRefused() throws Exception {
    assertComputesNatively(runJar());
    Path cache = cachedLibrary().getParent();
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertOneLine(runJar(), cache + " can be entered by others", "-Dthimble.cache");
  }

  @Test
  void manyJvmsAtOnceUnpackTheSameJar() throws Exception {
    List<OtherJvm> jvms = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      jvms.add(startJar("-Dthimble.cache=" + folder.resolve("cache")));
    }
    for (OtherJvm jvm : jvms) {
      assertComputesNatively(jvm.end());
    }
    try (Stream<Path> left = Files.list(cachedLibrary().getParent())) {
      assertEquals(List.of(), left.filter(f -> f.toString().endsWith(".tmp")).toList());
    }
  }

  @Test
  void whatAKilledJvmLeftHalfUnpackedIsNotLoaded() throws Exception {
    assertComputesNatively(runJar());
    for (Path file : unpacked().keySet()) {
      for (int i = 0; i < 20; i++) {
        Files.write(file.resolveSibling(file.getFileName() + "" + i + ".tmp"), new byte[5000]);
      }
    }

    assertComputesNatively(runJar());
  }

  @Test
  void aCacheBelowAFileIsRefused() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));

    assertOneLine(
        startJar(NATIVE, "-Dthimble.cache=" + file).end(),
        "cannot unpack the native library",
        file.toString(),
        "-Dthimble.cache");
  }

  @Test
  void withoutACacheThereIsPlainJavaWithAWarning() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    Ended ended = startJar("-Dthimble.cache=" + file).end();

    assertComputesInJava(ended);
    assertTrue(ended.err().contains("cannot unpack the native library"), ended::all);
  }

  @Test
  void aFileInPlaceOfTheCacheFolderIsRefused() throws Exception {
    assertComputesNatively(runJar());
    Path cache = cachedLibrary().getParent();
    Files.move(cache, folder.resolve("elsewhere"));
    Files.createFile(cache);

    assertOneLine(runJar(), cache + " is not a folder", "-Dthimble.cache");
  }

  // -- Helpers ------------------------------------------------------------------------------------

  private Ended run(String... options) throws IOException, InterruptedException {
    return run(List.of(options));
  }

  private Ended run(List<String> options, String... arguments)
      throws IOException, InterruptedException {
    return start(OtherJvm.CLASSES, options, arguments).end();
  }

  private Ended runJar() throws IOException, InterruptedException {
    return startJar(NATIVE, "-Dthimble.cache=" + folder.resolve("cache")).end();
  }

  private OtherJvm startJar(String... options) throws IOException {
    List<String> all = new ArrayList<>(List.of(options));
    all.add(ACCESS);
    return start(jar, all);
  }

  private OtherJvm start(Path classes, List<String> options, String... arguments)
      throws IOException {
    List<String> all = new ArrayList<>(options);
    all.add(Loading.class.getName());
    all.addAll(List.of(arguments));
    return OtherJvm.start(folder, List.of(classes, OtherJvm.TEST_CLASSES), all);
  }

  private static Path builtLibrary() throws IOException {
    return library(OtherJvm.CLASSES.resolve("META-INF").resolve("native"));
  }

  private Path cachedLibrary() throws IOException {
    return library(folder.resolve("cache"));
  }

  private static Path library(Path below) throws IOException {
    return library(below, "thimble");
  }

  private static Path library(Path below, String name) throws IOException {
    try (Stream<Path> files = Files.walk(below)) {
      return files
          .filter(f -> f.getFileName().toString().contains(name) && Files.isRegularFile(f))
          .findFirst()
          .get();
    }
  }

  private Map<Path, FileTime> unpacked() throws IOException {
    Map<Path, FileTime> times = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        times.put(file, Files.getLastModifiedTime(file));
      }
    }
    return times;
  }

  private static void assertComputesNatively(Ended ended) {
    assertEquals(0, ended.code(), ended::all);
    assertTrue(ended.out().startsWith("native, "), ended::all);
    assertTrue(ended.out().contains(PRODUCT), ended::all);
    assertEquals("", ended.err(), ended::all);
  }

  private static void assertComputesInJava(Ended ended) {
    assertEquals(0, ended.code(), ended::all);
    assertTrue(ended.out().startsWith("plain Java"), ended::all);
    assertTrue(ended.out().contains(PRODUCT), ended::all);
  }

  /** That a BackendException was thrown, of one line with these parts, and nothing else said. */
  private static void assertOneLine(Ended ended, String... parts) {
    assertNotEquals(0, ended.code(), ended::all);
    assertEquals(1, ended.err().lines().count(), ended::all);
    assertTrue(ended.err().startsWith("BackendException: "), ended::all);
    assertFalse(ended.out().contains("fatal error"), ended::all);
    for (String part : parts) {
      assertTrue(ended.err().contains(part), () -> "'" + part + "' is not in " + ended.all());
    }
  }
}
