package thimble.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Between the tests' arrays and tensors, without a conversion that would itself be under test. */
final class Tensors {
  private Tensors() {}

  /** A contiguous tensor with these elements, of the current backend. */
  static Tensor of(NdArray x) {
    int n = x.count();
    return switch (x.dtype()) {
      case FLOAT32 -> {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) {
          v[i] = (float) x.doubles()[i];
        }
        yield of(MemorySegment.ofArray(v), x);
      }
      case FLOAT64 -> of(MemorySegment.ofArray(x.doubles()), x);
      case INT32 ->
          of(MemorySegment.ofArray(Arrays.stream(x.longs()).mapToInt(v -> (int) v).toArray()), x);
      case INT64 -> of(MemorySegment.ofArray(x.longs()), x);
      case UINT8, BOOL -> {
        byte[] v = new byte[n];
        for (int i = 0; i < n; i++) {
          v[i] = (byte) x.longs()[i];
        }
        yield of(MemorySegment.ofArray(v), x);
      }
    };
  }

  private static Tensor of(MemorySegment elements, NdArray x) {
    return Tensor.of(elements, x.dtype(), x.shape());
  }

  /** The elements of a tensor. */
  static NdArray read(Tensor x) {
    int n = (int) x.count();
    long[] shape = x.shape().toArray();
    return switch (x.dtype()) {
      case FLOAT32 -> {
        float[] v = new float[n];
        x.copyTo(MemorySegment.ofArray(v));
        double[] y = new double[n];
        Arrays.setAll(y, i -> v[i]);
        yield NdArray.raw(x.dtype(), shape, y);
      }
      case FLOAT64 -> {
        double[] v = new double[n];
        x.copyTo(MemorySegment.ofArray(v));
        yield NdArray.raw(x.dtype(), shape, v);
      }
      case INT32 -> {
        int[] v = new int[n];
        x.copyTo(MemorySegment.ofArray(v));
        yield NdArray.of(x.dtype(), shape, Arrays.stream(v).asLongStream().toArray());
      }
      case INT64 -> {
        long[] v = new long[n];
        x.copyTo(MemorySegment.ofArray(v));
        yield NdArray.of(x.dtype(), shape, v);
      }
      case UINT8, BOOL -> {
        byte[] v = new byte[n];
        x.copyTo(MemorySegment.ofArray(v));
        long[] y = new long[n];
        Arrays.setAll(y, i -> v[i] & 0xff); // a bool that is neither 0 nor 1 shows
        yield new NdArray(x.dtype(), shape, new double[0], y);
      }
    };
  }
}
