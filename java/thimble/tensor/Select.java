package thimble.tensor;

/** y = c ? a : b for a mask c. The rule selects zeros: no 0·NaN is formed. */
public enum Select implements Op.Elementwise {
  /** The only one. */
  SELECT;

  @Override
  public DType dtype(Tensor... in) {
    return in[1].dtype();
  }

  @Override
  public boolean differentiable(int i) {
    return i > 0;
  }

  @Override
  public Tensor derivative(Tensor y, int i, Tensor g) {
    Tensor zero = Tensor.full(g.dtype(), 0);
    return i == 1 ? Tensor.where(y.in(0), g, zero) : Tensor.where(y.in(0), zero, g);
  }

  @Override
  public String toString() {
    return "where";
  }
}
