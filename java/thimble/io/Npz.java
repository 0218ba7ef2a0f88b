package thimble.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writer of NumPy's NPZ files, which {@code numpy.load} reads: a zip of named arrays.
 *
 * <p>Entries are stored and not deflated, as {@code numpy.savez} does, and bear a fixed time: the
 * same arrays give the same bytes on every machine, whatever its zlib.
 */
public final class Npz {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

  // Any time will do but 1980-01-01 0:00, for which ZipEntry adds a field with the time zone in it.
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

  private Npz() {}

  /**
   * Writes named arrays into a file, atomically as {@link AtomicFile} does.
   *
   * @param file the file to make or replace
   * @param arrays the arrays by name, written in the map's order; a name consists of letters,
   *     digits, and {@code _ . -}
   * @throws IllegalArgumentException if a name has other characters or none
   * @throws IOException if writing fails; the file is then what it was before
   */
  public static void write(Path file, SequencedMap<String, NpyArray> arrays) throws IOException {
    for (String name : arrays.keySet()) {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "npz: array name '" + name + "': only letters, digits and _ . - are allowed");
      }
    }
    AtomicFile.write(file, out -> writeTo(out, arrays));
  }

  private static void writeTo(OutputStream out, SequencedMap<String, NpyArray> arrays)
      throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, NpyArray> named : arrays.entrySet()) {
        NpyArray array = named.getValue();
        ZipEntry entry = new ZipEntry(named.getKey() + ".npy");
        entry.setMethod(ZipEntry.STORED);
        entry.setTimeLocal(TIME);
        entry.setSize(array.bytes());
        entry.setCrc(crc(array));
        zip.putNextEntry(entry);
        array.writeTo(zip);
        zip.closeEntry();
      }
    }
  }

  private static long crc(NpyArray array) throws IOException {
    CRC32 crc = new CRC32();
    array.writeTo(new CheckedOutputStream(OutputStream.nullOutputStream(), crc));
    return crc.getValue();
  }
}
