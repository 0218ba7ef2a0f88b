package thimble.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import thimble.io.Idx;
import thimble.io.MalformedFileException;

/** Reader of MNIST's four files, and of data sets that come in the same form. */
public final class Mnist {
  private static final int CLASSES = 10;
  private static final String TRAIN = "train";
  private static final String TEST = "t10k";

  private Mnist() {}

  /**
   * Reads the four files of a folder, each as it is or with {@code .gz} added to its name.
   *
   * <p>The names are {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte}, {@code
   * t10k-images-idx3-ubyte} and {@code t10k-labels-idx1-ubyte}. Where both forms are there the one
   * without {@code .gz} is read.
   *
   * @param folder the folder of the files; its name becomes the name of the data
   * @return the data, of 10 classes
   * @throws NoSuchFileException if the folder or one of the files is missing
   * @throws NotDirectoryException if the folder is something else
   * @throws MalformedFileException if a file is not an IDX file of the right number of axes, if
   *     images and labels differ in number, if train and test images differ in size, or if a label
   *     is above 9
   * @throws IOException if a file cannot be read
   */
  public static Dataset load(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      throw new NoSuchFileException(folder.toString(), null, "no such folder");
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    Path trainImages = find(folder, images(TRAIN));
    Path trainLabels = find(folder, labels(TRAIN));
    Path testImages = find(folder, images(TEST));
    Path testLabels = find(folder, labels(TEST));
    Images train = read("train", trainImages, trainLabels);
    Images test = read("test", testImages, testLabels);
    if (train.rows() != test.rows() || train.columns() != test.columns()) {
      throw new MalformedFileException(
          testImages, 8, "test: images of " + size(test) + " but train images of " + size(train));
    }
    Path name = folder.toRealPath().getFileName();
    return new Dataset(name == null ? "mnist" : name.toString(), train, test, CLASSES);
  }

  private static String images(String part) {
    return part + "-images-idx3-ubyte";
  }

  private static String labels(String part) {
    return part + "-labels-idx1-ubyte";
  }

  private static Path find(Path folder, String name) throws NoSuchFileException {
    for (String form : List.of(name, name + ".gz")) {
      Path file = folder.resolve(form);
      if (Files.exists(file)) {
        return file;
      }
    }
    String expected = String.join(", ", images(TRAIN), labels(TRAIN), images(TEST), labels(TEST));
    throw new NoSuchFileException(
        folder.resolve(name).toString(),
        null,
        "no such file, nor with .gz; the four files expected there are " + expected);
  }

  private static Images read(String part, Path imageFile, Path labelFile) throws IOException {
    Idx images = readOfRank(imageFile, 3, part + " images");
    Idx labels = readOfRank(labelFile, 1, part + " labels");
    int count = images.shape().get(0);
    if (count != labels.shape().get(0)) {
      throw new MalformedFileException(
          labelFile, 4, part + ": " + count + " images but " + labels.shape().get(0) + " labels");
    }
    for (int i = 0; i < count; i++) {
      int label = Byte.toUnsignedInt(labels.data()[i]);
      if (label >= CLASSES) {
        throw new MalformedFileException(
            labelFile, 8L + i, part + ": label " + label + " at index " + i + " is above 9");
      }
    }
    return new Images(
        count, images.shape().get(1), images.shape().get(2), images.data(), labels.data());
  }

  private static Idx readOfRank(Path file, int rank, String what) throws IOException {
    Idx idx = Idx.read(file);
    if (idx.shape().size() != rank) {
      throw new MalformedFileException(
          file,
          3,
          what
              + ": "
              + idx.shape().size()
              + " axes "
              + idx.shape()
              + ", but "
              + rank
              + " are expected");
    }
    return idx;
  }

  private static String size(Images images) {
    return images.rows() + " x " + images.columns();
  }
}
