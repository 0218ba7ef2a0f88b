package thimble.runtime;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import thimble.tensor.Buffer;

/** The storage of a buffer as a Java array, whatever its type. */
sealed interface Elements {
  /** Element i as a double; int64 is rounded. */
  double get(int i);

  /** Sets element i, converting as Java's casts do. */
  void set(int i, double v);

  /** Element i as a long, exact for every integer type. */
  default long getLong(int i) {
    return (long) get(i);
  }

  /** Sets element i, converting as Java's casts do. */
  default void setLong(int i, long v) {
    set(i, (double) v);
  }

  /** The array itself where the storage is on the Java heap, else a copy. */
  static Elements of(Buffer b) {
    MemorySegment s = b.storage().segment();
    Object array = s.heapBase().orElse(null);
    return switch (b.dtype()) {
      case FLOAT32 ->
          new Floats(array instanceof float[] a ? a : s.toArray(ValueLayout.JAVA_FLOAT));
      case FLOAT64 ->
          new Doubles(array instanceof double[] a ? a : s.toArray(ValueLayout.JAVA_DOUBLE));
      case INT32 -> new Ints(array instanceof int[] a ? a : s.toArray(ValueLayout.JAVA_INT));
      case INT64 -> new Longs(array instanceof long[] a ? a : s.toArray(ValueLayout.JAVA_LONG));
      case UINT8 -> new Bytes(array instanceof byte[] a ? a : s.toArray(ValueLayout.JAVA_BYTE));
      case BOOL -> new Masks(array instanceof byte[] a ? a : s.toArray(ValueLayout.JAVA_BYTE));
    };
  }

  /** float32. */
  record Floats(float[] a) implements Elements {
    @Override
    public double get(int i) {
      return a[i];
    }

    @Override
    public void set(int i, double v) {
      a[i] = (float) v;
    }

    @Override
    public void setLong(int i, long v) {
      a[i] = v;
    }
  }

  /** float64. */
  record Doubles(double[] a) implements Elements {
    @Override
    public double get(int i) {
      return a[i];
    }

    @Override
    public void set(int i, double v) {
      a[i] = v;
    }
  }

  /** int32. */
  record Ints(int[] a) implements Elements {
    @Override
    public double get(int i) {
      return a[i];
    }

    @Override
    public void set(int i, double v) {
      a[i] = (int) v;
    }

    @Override
    public void setLong(int i, long v) {
      a[i] = (int) v;
    }
  }

  /** int64. */
  record Longs(long[] a) implements Elements {
    @Override
    public double get(int i) {
      return a[i];
    }

    @Override
    public void set(int i, double v) {
      a[i] = (long) v;
    }

    @Override
    public long getLong(int i) {
      return a[i];
    }

    @Override
    public void setLong(int i, long v) {
      a[i] = v;
    }
  }

  /** uint8. */
  record Bytes(byte[] a) implements Elements {
    @Override
    public double get(int i) {
      return a[i] & 0xff;
    }

    @Override
    public void set(int i, double v) {
      a[i] = (byte) Math.clamp((long) v, 0, 255);
    }

    @Override
    public void setLong(int i, long v) {
      a[i] = (byte) v;
    }
  }

  /** bool. */
  record Masks(byte[] a) implements Elements {
    @Override
    public double get(int i) {
      return a[i];
    }

    @Override
    public void set(int i, double v) {
      a[i] = (byte) (v != 0 ? 1 : 0);
    }
  }
}
