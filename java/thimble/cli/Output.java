package thimble.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import thimble.io.AtomicFile;
import thimble.io.NpyArray;
import thimble.io.Npz;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.train.LearningCurve;
import thimble.train.TwoLayer;

/** The folder that results go to: known to be writable before any work is done. */
final class Output implements AutoCloseable {
  private final Path folder;
  private final boolean made;

  private Output(Path folder, boolean made) {
    this.folder = folder;
    this.made = made;
  }

  /** Makes the folder if need be and tries to write there. */
  static Output open(Path folder) throws IOException {
    boolean made = !Files.exists(folder);
    Output output = new Output(folder, made);
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, ".thimble", ".tmp"));
    } catch (IOException e) {
      output.close();
      throw cannotWrite(folder, e);
    }
    return output;
  }

  /** Writes W1 and W2. */
  Path weights(TwoLayer net) throws IOException {
    SequencedMap<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("W1", array(net.w1()));
    arrays.put("W2", array(net.w2()));
    Path file = folder.resolve("weights.npz");
    try {
      Npz.write(file, arrays);
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
    return file;
  }

  /** Writes the learning curve. */
  Path curve(String name, List<LearningCurve.Point> points) throws IOException {
    byte[] svg =
        LearningCurve.svg("Two-layer network on " + name, points).getBytes(StandardCharsets.UTF_8);
    Path file = folder.resolve("curve.svg");
    try {
      AtomicFile.write(file, out -> out.write(svg));
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
    return file;
  }

  private static NpyArray array(Tensor x) {
    int rows = (int) x.size(0);
    int columns = (int) x.size(1);
    return x.dtype() == DType.FLOAT32
        ? NpyArray.of(x.toFloatArray(), rows, columns)
        : NpyArray.of(x.toDoubleArray(), rows, columns);
  }

  private static Main.CannotWrite cannotWrite(Path path, IOException e) {
    return new Main.CannotWrite("cannot write %s: %s".formatted(path, Main.why(e)), e);
  }

  /** Takes the folder away again if it was made here and nothing came of it. */
  @Override
  public void close() throws IOException {
    if (made) {
      try {
        Files.deleteIfExists(folder);
      } catch (DirectoryNotEmptyException e) {
        // The results are in it.
        return;
      }
    }
  }
}
