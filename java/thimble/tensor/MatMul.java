package thimble.tensor;

/** C[…, m, n] = A[…, m, k] · B[…, k, n], with the same leading axes. Linear in each argument. */
public enum MatMul implements Op {
  /** The only one. */
  MATMUL;

  @Override
  public Shape shape(Tensor... in) {
    Shape a = in[0].shape();
    return a.with(a.rank() - 1, in[1].shape().size(-1));
  }

  /** The tangent map for argument i. */
  Tensor tangent(Tensor y, int i, Tensor t) {
    return i == 0 ? t.matmul(y.in(1)) : y.in(0).matmul(t);
  }

  /** Its transpose. */
  Tensor transpose(Tensor y, int i, Tensor g) {
    return i == 0 ? g.matmul(y.in(1).transpose()) : y.in(0).transpose().matmul(g);
  }

  @Override
  public String toString() {
    return "matmul";
  }
}
