package thimble.tensor;

/** From the matrix product that users mean to the one that is computed: ranks and leading axes. */
final class MatMuls {
  private MatMuls() {}

  static Tensor matmul(Tensor a, Tensor b) {
    check(a, b);
    if (a.rank() == 1) {
      Tensor y = matmul(a.reshape(1, a.size(0)), b);
      return y.reshape(drop(y.shape(), b.rank() == 1 ? -1 : -2));
    }
    if (b.rank() == 1) {
      Tensor y = matmul(a, b.reshape(b.size(0), 1));
      return y.reshape(drop(y.shape(), -1));
    }
    DType dtype = DType.promote(a.dtype(), b.dtype());
    Tensor l = a.to(dtype);
    Tensor r = b.to(dtype);
    if (b.rank() == 2 && a.rank() > 2) {
      // One matrix for all: the leading axes are rows like the others.
      long rows = a.shape().countOf((1 << (a.rank() - 1)) - 1);
      Tensor y = product(l.reshape(rows, a.size(-1)), r);
      return y.reshape(a.shape().with(a.rank() - 1, b.size(1)));
    }
    Shape lead = Shape.broadcast("matmul", a.shape(), b.shape(), 2);
    String operands = "matmul: %s x %s".formatted(a.shape(), b.shape());
    Shape left = Checks.shape(() -> operands, () -> lead.plus(a.size(-2), a.size(-1)));
    Shape right = Checks.shape(() -> operands, () -> lead.plus(b.size(-2), b.size(-1)));
    Checks.shape(() -> operands, () -> lead.plus(a.size(-2), b.size(-1)));
    return product(l.broadcastTo(left), r.broadcastTo(right));
  }

  private static Tensor product(Tensor a, Tensor b) {
    return Eager.apply(MatMul.MATMUL, a, b);
  }

  private static void check(Tensor a, Tensor b) {
    String operands = "matmul: %s x %s: ".formatted(a.shape(), b.shape());
    if (!DType.promote(a.dtype(), b.dtype()).isFloating()) {
      throw new DTypeException(
          operands
              + "%s and %s: takes float32 or float64; convert with to(FLOAT32)"
                  .formatted(a.dtype(), b.dtype()));
    }
    if (a.rank() == 0 || b.rank() == 0) {
      throw new ShapeException(operands + "an operand without axes; use mul");
    }
    long k = a.size(-1);
    long inner = b.size(b.rank() == 1 ? 0 : -2);
    if (k != inner) {
      throw new ShapeException(operands + "inner sizes differ (%d and %d)".formatted(k, inner));
    }
    long m = a.rank() == 1 ? 1 : a.size(-2);
    long n = b.rank() == 1 ? 1 : b.size(-1);
    if (Math.max(k, Math.max(m, n)) > Integer.MAX_VALUE) {
      throw new ShapeException(operands + "a size above 2^31 - 1, which BLAS cannot take");
    }
  }

  private static Shape drop(Shape s, int axis) {
    return s.without(1 << (s.rank() + axis));
  }
}
