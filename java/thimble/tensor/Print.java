package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.stream.LongStream;

/** Tensors as text, the way NumPy prints arrays. */
final class Print {
  private static final int EDGE = 3;
  private static final int SUMMARIZED_FROM = 1000;
  private static final int WIDTH = 75;

  private Print() {}

  static String text(Buffer x) {
    Shape shape = x.shape();
    if (x.count() == 0) {
      return "[]  %s %s".formatted(x.dtype(), shape);
    }
    boolean summarized = x.count() > SUMMARIZED_FROM;
    long[][] shown = new long[shape.rank()][];
    for (int d = 0; d < shown.length; d++) {
      shown[d] = shown(shape.at(d), summarized);
    }
    String body = new Body(shape, shown, cells(x, offsets(x.layout(), shown))).text();
    return x.shape().rank() == 0
        ? "%s  %s".formatted(body, x.dtype())
        : "%s  %s %s".formatted(body, x.dtype(), shape);
  }

  /** The indices of an axis that are shown, −1 standing for those left out. */
  private static long[] shown(long n, boolean summarized) {
    return summarized && n > 2 * EDGE
        ? LongStream.concat(
                LongStream.concat(LongStream.range(0, EDGE), LongStream.of(-1)),
                LongStream.range(n - EDGE, n))
            .toArray()
        : LongStream.range(0, n).toArray();
  }

  /** Where the elements lie that are shown, in row-major order. */
  private static long[] offsets(Layout layout, long[][] shown) {
    long[] offsets = {layout.offset()};
    for (int d = 0; d < shown.length; d++) {
      long stride = layout.stride(d);
      long[] along = Arrays.stream(shown[d]).filter(i -> i >= 0).map(i -> i * stride).toArray();
      offsets =
          Arrays.stream(offsets).flatMap(o -> Arrays.stream(along).map(step -> o + step)).toArray();
    }
    return offsets;
  }

  private static String[] cells(Buffer x, long[] offsets) {
    MemorySegment s = x.storage().segment();
    return switch (x.dtype()) {
      case FLOAT32, FLOAT64 -> {
        double[] v = Arrays.stream(offsets).mapToDouble(o -> x.dtype().get(s, o)).toArray();
        yield align(v.length, new Numbers(v, x.dtype() == DType.FLOAT32)::text);
      }
      case INT64 ->
          align(
              offsets.length,
              i -> Long.toString(s.getAtIndex(ValueLayout.JAVA_LONG, offsets[(int) i])));
      case INT32, UINT8 ->
          align(offsets.length, i -> Long.toString((long) x.dtype().get(s, offsets[(int) i])));
      case BOOL ->
          align(offsets.length, i -> Boolean.toString(x.dtype().get(s, offsets[(int) i]) != 0));
    };
  }

  private static String[] align(int n, LongFunction<String> text) {
    String[] cells = new String[n];
    int width = 0;
    for (int i = 0; i < n; i++) {
      cells[i] = text.apply(i);
      width = Math.max(width, cells[i].length());
    }
    for (int i = 0; i < n; i++) {
      cells[i] = " ".repeat(width - cells[i].length()) + cells[i];
    }
    return cells;
  }

  /** A number that the program wrote, without a needless ".0". */
  static String number(double s) {
    return s == Math.rint(s) && Math.abs(s) < 1e15 ? Long.toString((long) s) : Double.toString(s);
  }

  /**
   * One format for all numbers of a tensor, fixed or scientific, with as few digits as tell each
   * from its neighbours, and at most PRECISION behind the point.
   */
  private static final class Numbers {
    private static final int PRECISION = 8;
    private final double[] values;
    private final boolean single;
    private final boolean scientific;
    private final int digits;

    Numbers(double[] values, boolean single) {
      this.values = values;
      this.single = single;
      double[] finite =
          Arrays.stream(values).filter(v -> Double.isFinite(v) && v != 0).map(Math::abs).toArray();
      double max = Arrays.stream(finite).max().orElse(0);
      double min = Arrays.stream(finite).min().orElse(0);
      this.scientific = max >= 1e8 || (min > 0 && (min < 1e-4 || (max / min > 1e3 && max >= 1e5)));
      this.digits = Arrays.stream(finite).mapToInt(v -> behindThePoint(decimal(v))).max().orElse(0);
    }

    /** The shortest decimal that tells v from its neighbours, rounded to PRECISION. */
    private BigDecimal decimal(double v) {
      BigDecimal shortest = new BigDecimal(single ? Float.toString((float) v) : Double.toString(v));
      BigDecimal rounded =
          scientific
              ? shortest.round(new MathContext(PRECISION + 1, RoundingMode.HALF_EVEN))
              : shortest.setScale(
                  Math.min(PRECISION, Math.max(0, shortest.scale())), RoundingMode.HALF_EVEN);
      return rounded.stripTrailingZeros();
    }

    private int behindThePoint(BigDecimal d) {
      return Math.max(0, scientific ? d.precision() - 1 : d.scale());
    }

    String text(long i) {
      double v = values[(int) i];
      if (!Double.isFinite(v)) {
        return Double.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf";
      }
      if (scientific) {
        String s = String.format(Locale.ROOT, "%." + digits + "e", decimal(v));
        return digits > 0 ? s : s.replace("e", ".e");
      }
      BigDecimal d = decimal(v);
      int own = behindThePoint(d);
      String s = d.setScale(own, RoundingMode.UNNECESSARY).toPlainString();
      String sign = v == 0 && 1 / v < 0 ? "-" : "";
      return sign + s + (own == 0 ? "." : "") + " ".repeat(digits - own);
    }
  }

  /** Brackets, commas and lines. */
  private static final class Body {
    private final Shape shape;
    private final long[][] shown;
    private final String[] cells;
    private final StringBuilder out = new StringBuilder();
    private int next;

    Body(Shape shape, long[][] shown, String[] cells) {
      this.shape = shape;
      this.shown = shown;
      this.cells = cells;
    }

    String text() {
      axis(0);
      return out.toString();
    }

    /** As deep as the rank, eight at most. */
    private void axis(int d) {
      if (d == shape.rank()) {
        out.append(cells[next++]);
        return;
      }
      boolean last = d == shape.rank() - 1;
      out.append('[');
      int column = d + 1;
      for (int k = 0; k < shown[d].length; k++) {
        if (k > 0) {
          int wide = cells.length == 0 ? 0 : cells[0].length();
          column += wide + 2;
          boolean wrap = last && column + wide + shape.rank() > WIDTH;
          String gap = last ? (wrap ? "\n" : " ") : "\n".repeat(shape.rank() - 1 - d);
          out.append(',').append(gap);
          if (!last || wrap) {
            out.append(" ".repeat(d + 1));
            column = d + 1;
          }
        }
        if (shown[d][k] < 0) {
          out.append("...");
        } else {
          axis(d + 1);
        }
      }
      out.append(']');
    }
  }
}
