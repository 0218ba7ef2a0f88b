package thimble.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Headings, lines and tables, to be written as text, Markdown or HTML. */
final class Page {
  private final List<Block> blocks = new ArrayList<>();
  private String title = "";

  private sealed interface Block {}

  private record Heading(String text) implements Block {}

  private record Line(String text) implements Block {}

  private record Table(List<List<String>> rows) implements Block {}

  private record Formulas(List<Formula> all) implements Block {}

  private record Figure(String svg) implements Block {}

  /**
   * A formula.
   *
   * @param name what it is of
   * @param text on a line
   * @param latex the same in LaTeX
   */
  record Formula(String name, String text, String latex) {}

  /** What the whole is about: the title of HTML. */
  Page title(String text) {
    title = text;
    return this;
  }

  Page heading(String text) {
    blocks.add(new Heading(text));
    return this;
  }

  Page line(String text) {
    blocks.add(new Line(text));
    return this;
  }

  /** A table; the first row is its head, the first column says what a row is about. */
  Page table(List<List<String>> rows) {
    blocks.add(new Table(rows));
    return this;
  }

  /** Formulas, with their LaTeX. */
  Page formulas(List<Formula> formulas) {
    blocks.add(new Formulas(formulas));
    return this;
  }

  /** A drawing, which only HTML shows. */
  Page figure(String svg) {
    blocks.add(new Figure(svg));
    return this;
  }

  String write(Format format) {
    return switch (format) {
      case TEXT -> text();
      case MARKDOWN -> markdown();
      case HTML -> html();
    };
  }

  // -- Text ---------------------------------------------------------------------------------------

  private String text() {
    StringBuilder page = new StringBuilder();
    for (Block block : blocks) {
      switch (block) {
        case Heading h ->
            page.append(page.isEmpty() ? "" : "\n")
                .append(h.text)
                .append('\n')
                .append("-".repeat(width(h.text)))
                .append('\n');
        case Line l -> page.append(l.text).append('\n');
        case Table t -> aligned(t.rows, page);
        case Formulas f -> aligned(rows(f), page);
        case Figure _ -> {}
      }
    }
    return page.toString();
  }

  private static List<List<String>> rows(Formulas formulas) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "formula", "LaTeX"));
    formulas.all.forEach(f -> rows.add(List.of(f.name, f.text, f.latex)));
    return rows;
  }

  private static void aligned(List<List<String>> rows, StringBuilder page) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], width(row.get(c)));
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        line.append(row.get(c)).append(" ".repeat(widths[c] - width(row.get(c)) + 2));
      }
      page.append(line.toString().stripTrailing()).append('\n');
    }
  }

  /** How many columns of a terminal a text takes: a bar or dot over a letter takes none. */
  private static int width(String text) {
    return (int)
        text.codePoints().filter(c -> Character.getType(c) != Character.NON_SPACING_MARK).count();
  }

  // -- Markdown -----------------------------------------------------------------------------------

  private String markdown() {
    StringBuilder page = new StringBuilder();
    Block before = null;
    for (Block block : blocks) {
      if (before != null && !(block instanceof Figure)) {
        page.append('\n');
      }
      switch (block) {
        case Heading h -> page.append("## ").append(marked(h.text)).append('\n');
        case Line l -> page.append(marked(l.text)).append('\n');
        case Table t -> marked(t.rows, page);
        case Formulas f -> {
          List<List<String>> rows = new ArrayList<>();
          rows.add(List.of("", "formula"));
          f.all.forEach(
              x -> rows.add(List.of(x.name, "$" + x.latex.replace("|", "\\vert ") + "$")));
          marked(rows, page);
        }
        case Figure _ -> {}
      }
      before = block;
    }
    return page.toString();
  }

  private static void marked(List<List<String>> rows, StringBuilder page) {
    for (int r = 0; r < rows.size(); r++) {
      page.append(
          rows.get(r).stream().map(Page::marked).collect(Collectors.joining(" | ", "| ", " |\n")));
      page.append(r == 0 ? "|" + "---|".repeat(rows.getFirst().size()) + "\n" : "");
    }
  }

  /** Text that Markdown leaves as it is. */
  private static String marked(String text) {
    boolean math = text.startsWith("$");
    return math ? text : text.replaceAll("([\\\\`*_|<>\\[\\]])", "\\\\$1");
  }

  // -- HTML ---------------------------------------------------------------------------------------

  private String html() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>%s</title>
        <style>
        body { font: 16px/1.5 system-ui, sans-serif; color: #1f2328; background: #fff; margin: 2em; }
        h2 { font-size: 1.2em; margin: 1.5em 0 0.5em; }
        table { border-collapse: collapse; margin: 0.5em 0; }
        th, td { border: 1px solid #d0d7de; padding: 0.25em 0.75em; text-align: left; }
        th { background: #f6f8fa; font-weight: 600; }
        </style>
        </head>
        <body>
        """
            .formatted(escaped(title)));
    for (Block block : blocks) {
      switch (block) {
        case Heading h -> page.append("<h2>%s</h2>%n".formatted(escaped(h.text)));
        case Line l -> page.append("<p>%s</p>%n".formatted(escaped(l.text)));
        case Table t -> table(t.rows, page);
        case Formulas f -> table(rows(f), page);
        case Figure f -> page.append("<div>\n").append(f.svg).append("</div>\n");
      }
    }
    return page.append("</body>\n</html>\n").toString();
  }

  private static void table(List<List<String>> rows, StringBuilder page) {
    page.append("<table>\n");
    for (int r = 0; r < rows.size(); r++) {
      List<String> row = rows.get(r);
      int first = r;
      page.append(
          IntStream.range(0, row.size())
              .mapToObj(c -> {
                String tag = first == 0 || c == 0 ? "th" : "td";
                return "<%s>%s</%s>".formatted(tag, escaped(row.get(c)), tag);
              })
              .collect(Collectors.joining("", "<tr>", "</tr>\n")));
    }
    page.append("</table>\n");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
