package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Between the tests' arrays and tensors, without a conversion that would itself be under test. */
final class Tensors {
  private Tensors() {}

  /** A contiguous tensor with these elements, of the current backend. */
  static Tensor of(NdArray x) {
    MemorySegment s = MemorySegment.ofArray(new long[(x.count() * x.dtype().bytes() + 7) / 8]);
    for (int i = 0; i < x.count(); i++) {
      switch (x.dtype()) {
        case FLOAT32 -> s.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) x.doubles()[i]);
        case FLOAT64 -> s.setAtIndex(ValueLayout.JAVA_DOUBLE, i, x.doubles()[i]);
        case INT32 -> s.setAtIndex(ValueLayout.JAVA_INT, i, (int) x.longs()[i]);
        case INT64 -> s.setAtIndex(ValueLayout.JAVA_LONG, i, x.longs()[i]);
        case UINT8, BOOL -> s.set(ValueLayout.JAVA_BYTE, i, (byte) x.longs()[i]);
      }
    }
    return Tensor.of(s.asSlice(0, (long) x.count() * x.dtype().bytes()), x.dtype(), x.shape());
  }

  /** The elements of a tensor. */
  static NdArray read(Tensor x) {
    int n = (int) x.count();
    MemorySegment s = MemorySegment.ofArray(new long[(n * x.dtype().bytes() + 7) / 8]);
    x.copyTo(s.asSlice(0, (long) n * x.dtype().bytes()));
    long[] shape = x.shape().toArray();
    double[] doubles = new double[x.dtype().isFloating() ? n : 0];
    long[] longs = new long[x.dtype().isFloating() ? 0 : n];
    for (int i = 0; i < n; i++) {
      switch (x.dtype()) {
        case FLOAT32 -> doubles[i] = s.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        case FLOAT64 -> doubles[i] = s.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
        case INT32 -> longs[i] = s.getAtIndex(ValueLayout.JAVA_INT, i);
        case INT64 -> longs[i] = s.getAtIndex(ValueLayout.JAVA_LONG, i);
        case UINT8, BOOL -> longs[i] = s.get(ValueLayout.JAVA_BYTE, i) & 0xff;
      }
    }
    return new NdArray(x.dtype(), shape, doubles, longs);
  }
}
