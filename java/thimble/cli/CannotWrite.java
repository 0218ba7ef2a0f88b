package thimble.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** What was to be written could not be. */
public final class CannotWrite extends IOException {
  private static final long serialVersionUID = 1;

  /** Names the file or folder. */
  public CannotWrite(Path path, IOException cause) {
    super("cannot write %s: %s".formatted(path, why(cause)), cause);
  }

  /** What went wrong with a file, in words. */
  static String why(IOException e) {
    return switch (e) {
      case FileSystemException f when f.getReason() != null -> f.getReason();
      case NoSuchFileException _ -> "no such file or folder";
      case NotDirectoryException _ -> "not a folder";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "a file of that name is in the way";
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }
}
