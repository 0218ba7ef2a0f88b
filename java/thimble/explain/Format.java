package thimble.explain;

import java.util.Locale;

/** What an explanation is written as. */
public enum Format {
  /** Columns of text for a terminal. */
  TEXT,
  /** Markdown with its tables. */
  MARKDOWN,
  /** A page of HTML, with the drawing of the graph in it. */
  HTML;

  /** The name as it is typed. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
