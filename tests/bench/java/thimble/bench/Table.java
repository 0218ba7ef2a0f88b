package thimble.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows as text, a line each, the columns aligned. */
final class Table {
  private static final List<String> HEAD =
      List.of("id", "what", "value", "unit", "reference", "its value", "ratio", "target", "met");
  private static final List<Boolean> NUMBERS =
      List.of(false, false, true, false, false, true, true, false, false);

  private Table() {}

  static String of(List<Row> rows) {
    List<List<String>> lines = new ArrayList<>(List.of(HEAD));
    rows.forEach(row -> lines.add(cells(row)));
    int[] width =
        IntStream.range(0, HEAD.size())
            .map(c -> lines.stream().mapToInt(line -> line.get(c).length()).max().orElse(0))
            .toArray();
    return lines.stream().map(line -> line(line, width)).collect(Collectors.joining());
  }

  private static List<String> cells(Row row) {
    return List.of(
        row.id(),
        row.what(),
        Row.number(row.value()),
        row.unit().toString(),
        row.reference(),
        Row.number(row.other()),
        Row.ratio(row.ratio()),
        row.goal(),
        row.met().map(met -> met ? "yes" : "NO").orElse(""));
  }

  private static String line(List<String> cells, int[] width) {
    return IntStream.range(0, width.length)
        .mapToObj(c ->
            NUMBERS.get(c)
                ? " ".repeat(width[c] - cells.get(c).length()) + cells.get(c)
                : cells.get(c) + " ".repeat(width[c] - cells.get(c).length()))
        .collect(Collectors.joining("  "))
        .stripTrailing()
        .concat(System.lineSeparator());
  }
}
