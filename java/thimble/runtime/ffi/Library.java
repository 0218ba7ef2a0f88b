package thimble.runtime.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import thimble.tensor.BackendException;

/**
 * Finds and opens libthimble and the BLAS library beside it.
 *
 * <p>In this order: the file or folder that {@code -Dthimble.native.path} names, and nothing else
 * if it does; the build's own output, where classes are run from a folder; the jar's, through
 * {@link Cache}.
 */
public final class Library {
  /** The property that names libthimble, or its folder. */
  public static final String PATH = "thimble.native.path";

  /** The property that names another CBLAS library. */
  public static final String BLAS = "thimble.blas";

  /** What helps against a bad library. */
  static final String OTHERS =
      "-D%s=FILE and -D%s=FILE name other libraries, -Dthimble.backend=java does without"
          .formatted(PATH, BLAS);

  /** The function of libthimble that all its builds have, by which they tell which one they are. */
  private static final String ABI = "th_abi";

  /** The file names of org.bytedeco:openblas on Linux, macOS and Windows. */
  private static final List<String> BLAS_FILES =
      List.of("libopenblas.so.0", "libopenblas.0.dylib", "libopenblas.dll");

  private static final String FILE = System.mapLibraryName("thimble");

  private static @Nullable Library opened;

  private final Path file;
  private final SymbolLookup symbols;

  private Library(Path file, SymbolLookup symbols) {
    this.file = file;
    this.symbols = symbols;
  }

  private static synchronized Library opened() {
    Library library = opened;
    if (library == null) {
      Path file = find();
      library = new Library(file, open(file));
      opened = library;
    }
    return library;
  }

  /**
   * The symbols of libthimble, which is opened on first use.
   *
   * @throws BackendException if it cannot be, with what was tried and which property changes it
   */
  public static SymbolLookup lookup() {
    return opened().symbols;
  }

  /** Where libthimble was found. */
  public static Path file() {
    return opened().file;
  }

  /**
   * The BLAS library to use: that of {@code -Dthimble.blas}, the one beside libthimble, or the name
   * under which the system knows one.
   *
   * @throws BackendException if there is such a file but it is not whole
   */
  public static String blas() {
    String named = System.getProperty(BLAS);
    Path beside = file();
    Path library =
        named != null
            ? Path.of(named).toAbsolutePath()
            : BLAS_FILES.stream()
                .map(beside::resolveSibling)
                .filter(Files::isRegularFile)
                .findFirst()
                .orElse(null);
    if (library == null) {
      return System.mapLibraryName("openblas");
    }
    if (Files.isRegularFile(library)) {
      ElfFile.check(library);
    }
    return library.toString();
  }

  private static Path find() {
    String given = System.getProperty(PATH);
    if (given != null) {
      Path path = Path.of(given).toAbsolutePath();
      Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
      if (!Files.isRegularFile(file)) {
        throw new BackendException("-D%s=%s: there is no %s".formatted(PATH, given, file));
      }
      return file;
    }
    String folder = "META-INF/native/" + platform();
    URL resource = Library.class.getResource("/" + folder + "/" + FILE);
    if (resource == null) {
      throw new BackendException(
          ("no native library for %s: %s/%s is not on the class or module path; put a jar with natives"
                  + " there, name a library with -D%s=FILE, or use -Dthimble.backend=java")
              .formatted(platform(), folder, FILE, PATH));
    }
    Path built = onDisk(resource);
    return built != null ? built : Cache.extract(folder).resolve(FILE);
  }

  private static @Nullable Path onDisk(URL resource) {
    try {
      URI uri = resource.toURI();
      return "file".equals(uri.getScheme()) ? Path.of(uri) : null;
    } catch (URISyntaxException e) {
      return null;
    }
  }

  private static SymbolLookup open(Path file) {
    ElfFile.check(file);
    try {
      SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
      if (symbols.find(ABI).isEmpty()) {
        throw new BackendException(
            "cannot load %s: it is a shared library but not libthimble: it has no symbol %s; %s"
                .formatted(file, ABI, OTHERS));
      }
      return symbols;
    } catch (IllegalCallerException e) {
      String module = Library.class.getModule().isNamed() ? "thimble" : "ALL-UNNAMED";
      throw new BackendException(
          "native access is denied: start java with --enable-native-access=" + module, e);
    } catch (IllegalArgumentException e) {
      throw new BackendException(
          ("cannot load %s (%s): built for another system or processor, truncated, or on a file system"
                  + " mounted noexec; -D%s=FILE names another library, -D%s=FOLDER another cache,"
                  + " -Dthimble.backend=java does without")
              .formatted(file, e.getMessage(), PATH, Cache.FOLDER),
          e);
    }
  }

  /** The name of this platform's natives: {@code linux-x86_64}, {@code macosx-arm64} … */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String system = os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "macosx" : os;
    return switch (arch) {
      case "amd64", "x86_64" -> system + "-x86_64";
      case "aarch64", "arm64" -> system + "-arm64";
      default -> system + "-" + arch;
    };
  }
}
