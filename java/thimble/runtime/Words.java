package thimble.runtime;

import java.util.Arrays;
import thimble.tensor.Layout;

/** The words of a program for {@code th_run}. */
final class Words {
  private long[] words = new long[256];
  private int count;

  Words put(long word) {
    if (count == words.length) {
      words = Arrays.copyOf(words, 2 * count);
    }
    words[count++] = word;
    return this;
  }

  Words put(boolean flag) {
    return put(flag ? 1 : 0);
  }

  Words number(double x) {
    return put(Double.doubleToRawLongBits(x));
  }

  Words sizes(Layout l) {
    for (int d = 0; d < l.shape().rank(); d++) {
      put(l.shape().size(d));
    }
    return this;
  }

  Words strides(Layout l) {
    for (int d = 0; d < l.shape().rank(); d++) {
      put(l.stride(d));
    }
    return this;
  }

  /** Where the first element of a value lies. */
  Words place(Value v) {
    return place(v, v.layout());
  }

  /** Where the first element lies of a part of a value. */
  Words place(Value v, Layout part) {
    return put(v.place().memory).put(v.place().offset + part.offset() * v.dtype().bytes());
  }

  int count() {
    return count;
  }

  long[] toArray() {
    return Arrays.copyOf(words, count);
  }
}
