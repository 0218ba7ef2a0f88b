package thimble.runtime.ffi;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import thimble.tensor.BackendException;

/**
 * Native libraries out of the jar, once per content: in a folder of the user's cache directory that
 * is named by a digest of all of them and that only the user may enter. A file appears there by an
 * atomic move after its own digest has been checked, so any number of JVMs may do this at once.
 */
final class Cache {
  /** The property that names the folder to use instead of the user's cache directory. */
  static final String FOLDER = "thimble.cache";

  /** What a folder of natives holds: lines of "sha256 bytes name". */
  private static final String INDEX = "index.txt";

  private record Entry(String sha256, long bytes, String name) {}

  private Cache() {}

  /** A folder on disk with the files of that resource folder. */
  static Path extract(String resources) {
    try {
      byte[] index;
      try (InputStream in = resource(resources, INDEX)) {
        index = in.readAllBytes();
      }
      String digest = HexFormat.of().formatHex(sha256().digest(index)).substring(0, 20);
      Path folder = privateFolder(root().resolve("thimble"), "native-" + digest);
      for (Entry entry : parse(new String(index, StandardCharsets.UTF_8))) {
        Path file = folder.resolve(entry.name());
        if (!isThere(file, entry)) {
          extract(resources, entry, folder, file);
        }
      }
      return folder;
    } catch (IOException e) {
      throw new BackendException(
          "cannot unpack the native library (%s); -D%s=FOLDER names another place, -D%s=FILE a library"
              .formatted(e, FOLDER, Library.PATH),
          e);
    }
  }

  private static List<Entry> parse(String index) {
    return index
        .lines()
        .map(line -> line.split(" ", 3))
        .map(part -> new Entry(part[0], Long.parseLong(part[1]), part[2]))
        .toList();
  }

  /**
   * Whole, for it was moved there whole; a link or a file of another length is not ours, and one
   * that is no library, after a crash of the machine for example, has to be unpacked again.
   */
  private static boolean isThere(Path file, Entry entry) throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    BasicFileAttributes a =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    return a.isRegularFile() && a.size() == entry.bytes() && ElfFile.problem(file).isEmpty();
  }

  private static void extract(String resources, Entry entry, Path folder, Path file)
      throws IOException {
    Path temporary = Files.createTempFile(folder, entry.name(), ".tmp");
    try {
      MessageDigest digest = sha256();
      try (InputStream in = resource(resources, entry.name());
          OutputStream out =
              new DigestOutputStream(
                  Files.newOutputStream(temporary, StandardOpenOption.TRUNCATE_EXISTING), digest)) {
        in.transferTo(out);
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (!found.equals(entry.sha256())) {
        throw new IOException(
            "%s in the jar is damaged: SHA-256 %s".formatted(entry.name(), found));
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static InputStream resource(String folder, String name) throws IOException {
    InputStream in = Cache.class.getResourceAsStream("/" + folder + "/" + name);
    if (in == null) {
      throw new IOException(folder + "/" + name + " is not in the jar");
    }
    return in;
  }

  /** parent/name, made if need be, and the user's alone. */
  private static Path privateFolder(Path parent, String name) throws IOException {
    Files.createDirectories(parent);
    Path folder = parent.resolve(name);
    boolean posix = Files.getFileStore(parent).supportsFileAttributeView("posix");
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      try {
        if (posix) {
          Files.createDirectory(
              folder,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
          Files.createDirectory(folder);
        }
      } catch (FileAlreadyExistsException e) {
        // Another JVM was faster; what it made is checked below.
        if (!Files.isDirectory(folder)) {
          throw e;
        }
      }
    }
    if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(folder + " is not a folder");
    }
    if (posix) {
      // What a process makes is its user's: a folder it cannot write to, or with another owner, is
      // not.
      Path own = Files.createTempFile(folder, "owner", ".tmp");
      boolean mine = Files.getOwner(own).equals(Files.getOwner(folder));
      Files.delete(own);
      if (!mine) {
        throw new IOException(folder + " belongs to someone else");
      }
      if (!Files.getPosixFilePermissions(folder)
          .equals(PosixFilePermissions.fromString("rwx------"))) {
        throw new IOException(folder + " can be entered by others");
      }
    }
    return folder;
  }

  private static Path root() {
    String named = System.getProperty(FOLDER);
    if (named != null) {
      return Path.of(named);
    }
    String home = System.getProperty("user.home");
    if (!Path.of(home).isAbsolute()) { // "?" where the system does not know the user
      return Path.of(System.getProperty("java.io.tmpdir"), System.getProperty("user.name"));
    }
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (os.startsWith("windows")) {
      String local = System.getenv("LOCALAPPDATA");
      return local != null ? Path.of(local) : Path.of(home, "AppData", "Local");
    }
    if (os.startsWith("mac")) {
      return Path.of(home, "Library", "Caches");
    }
    @Nullable String xdg = System.getenv("XDG_CACHE_HOME");
    return xdg != null && !xdg.isEmpty() ? Path.of(xdg) : Path.of(home, ".cache");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
