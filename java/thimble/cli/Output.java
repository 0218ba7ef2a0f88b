package thimble.cli;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import thimble.io.NpyArray;
import thimble.io.Npz;
import thimble.tensor.DType;
import thimble.tensor.Tensor;
import thimble.train.LearningCurve;
import thimble.train.TwoLayer;

/** The folder that results go to: known to be writable before any work is done. */
final class Output implements AutoCloseable {
  private final Path folder;

  /** The folders that were made here, innermost first. */
  private final List<Path> made = new ArrayList<>();

  private Output(Path folder) {
    this.folder = folder;
  }

  /** Makes the folder if need be and tries to write there. */
  static Output open(Path folder) throws IOException {
    Output output = new Output(folder);
    try {
      output.make(folder);
      Files.delete(Files.createTempFile(folder, ".thimble", ".tmp"));
    } catch (IOException e) {
      output.close();
      throw new CannotWrite(folder, e);
    }
    return output;
  }

  private void make(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      Path parent = path.toAbsolutePath().getParent();
      if (parent != null) {
        make(parent);
      }
      Files.createDirectory(path);
      made.addFirst(path);
    }
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
      throw new CannotWrite(file, e);
    }
    return file;
  }

  /** Writes the learning curve. */
  Path curve(String name, List<LearningCurve.Point> points) throws IOException {
    Path file = folder.resolve("curve.svg");
    OutputFile.write(file, LearningCurve.svg("Two-layer network on " + name, points));
    return file;
  }

  private static NpyArray array(Tensor x) {
    int rows = (int) x.size(0);
    int columns = (int) x.size(1);
    return x.dtype() == DType.FLOAT32
        ? NpyArray.of(x.toFloatArray(), rows, columns)
        : NpyArray.of(x.toDoubleArray(), rows, columns);
  }

  /** Takes away again the folders that were made here if nothing came of it. */
  @Override
  public void close() throws IOException {
    try {
      for (Path path : made) {
        Files.deleteIfExists(path);
      }
    } catch (DirectoryNotEmptyException e) {
      // The results are in it.
      return;
    }
  }
}
