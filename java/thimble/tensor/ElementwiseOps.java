package thimble.tensor;

/**
 * The elementwise ops of a {@link Tensor}: y[i] = f(x[i]), or f(a[i], b[i]) with both operands
 * broadcast to one shape as NumPy does, and converted to one dtype by {@link DType#promote}.
 *
 * <p>Numbers that the program writes down adapt to the tensor: a {@code long} takes its dtype, a
 * {@code double} too if that is floating, and makes float32 of an integer tensor. Ops that need
 * floats refuse others with a {@link DTypeException}; arithmetic refuses two bools.
 */
public sealed interface ElementwiseOps permits Tensor {

  private Tensor self() {
    return (Tensor) this;
  }

  // -- One operand --------------------------------------------------------------------------------

  /** −x; unsigned integers wrap around. */
  default Tensor neg() {
    return Elementwises.unary(Unary.NEG, self());
  }

  /** |x|. */
  default Tensor abs() {
    return Elementwises.unary(Unary.ABS, self());
  }

  /** −1, 0 or 1 by the sign; NaN of NaN. */
  default Tensor sign() {
    return Elementwises.unary(Unary.SIGN, self());
  }

  /** max(x, 0). */
  default Tensor relu() {
    return Elementwises.unary(Unary.RELU, self());
  }

  /** The largest integer ≤ x; floats. */
  default Tensor floor() {
    return Elementwises.unary(Unary.FLOOR, self());
  }

  /** The smallest integer ≥ x; floats. */
  default Tensor ceil() {
    return Elementwises.unary(Unary.CEIL, self());
  }

  /** The nearest integer, the even one of two; floats. */
  default Tensor round() {
    return Elementwises.unary(Unary.ROUND, self());
  }

  /** √x; NaN below 0. Floats. */
  default Tensor sqrt() {
    return Elementwises.unary(Unary.SQRT, self());
  }

  /** 1/√x; floats. */
  default Tensor rsqrt() {
    return Elementwises.unary(Unary.RSQRT, self());
  }

  /** 1/x by IEEE; floats. */
  default Tensor reciprocal() {
    return Elementwises.unary(Unary.RECIPROCAL, self());
  }

  /** e^x; floats. */
  default Tensor exp() {
    return Elementwises.unary(Unary.EXP, self());
  }

  /** e^x − 1, exact near 0; floats. */
  default Tensor expm1() {
    return Elementwises.unary(Unary.EXPM1, self());
  }

  /** The natural logarithm; −inf at 0, NaN below. Floats. */
  default Tensor log() {
    return Elementwises.unary(Unary.LOG, self());
  }

  /** log(1 + x), exact near 0; floats. */
  default Tensor log1p() {
    return Elementwises.unary(Unary.LOG1P, self());
  }

  /** The sine of x in radians; floats. */
  default Tensor sin() {
    return Elementwises.unary(Unary.SIN, self());
  }

  /** The cosine of x in radians; floats. */
  default Tensor cos() {
    return Elementwises.unary(Unary.COS, self());
  }

  /** The tangent of x in radians; floats. */
  default Tensor tan() {
    return Elementwises.unary(Unary.TAN, self());
  }

  /** The arc sine in radians; NaN outside of −1 to 1. Floats. */
  default Tensor asin() {
    return Elementwises.unary(Unary.ASIN, self());
  }

  /** The arc cosine in radians; NaN outside of −1 to 1. Floats. */
  default Tensor acos() {
    return Elementwises.unary(Unary.ACOS, self());
  }

  /** The arc tangent in radians; floats. */
  default Tensor atan() {
    return Elementwises.unary(Unary.ATAN, self());
  }

  /** The hyperbolic sine; floats. */
  default Tensor sinh() {
    return Elementwises.unary(Unary.SINH, self());
  }

  /** The hyperbolic cosine; floats. */
  default Tensor cosh() {
    return Elementwises.unary(Unary.COSH, self());
  }

  /** The hyperbolic tangent; floats. */
  default Tensor tanh() {
    return Elementwises.unary(Unary.TANH, self());
  }

  /** The logistic function 1/(1 + e^−x); floats. */
  default Tensor sigmoid() {
    return Elementwises.unary(Unary.SIGMOID, self());
  }

  /** log(1 + e^x), without overflow; floats. */
  default Tensor softplus() {
    return Elementwises.unary(Unary.SOFTPLUS, self());
  }

  /** The error function 2/√π · ∫₀ˣ e^−t² dt; floats. */
  default Tensor erf() {
    return Elementwises.unary(Unary.ERF, self());
  }

  /**
   * x·Φ(x) with Φ the distribution function of the standard normal (Hendrycks, Gimpel 2016);
   * floats.
   */
  default Tensor gelu() {
    return Elementwises.unary(Unary.GELU, self());
  }

  // -- Two operands -------------------------------------------------------------------------------

  /** this + b. */
  default Tensor add(Tensor b) {
    return Elementwises.binary(Binary.ADD, self(), b);
  }

  /** this + s. */
  default Tensor add(double s) {
    return Elementwises.scaled(Scalar.ADD, self(), s);
  }

  /** this + s, in this dtype. */
  default Tensor add(long s) {
    return Elementwises.scaled(Scalar.ADD, self(), s);
  }

  /** this − b. */
  default Tensor sub(Tensor b) {
    return Elementwises.binary(Binary.SUB, self(), b);
  }

  /** this − s. */
  default Tensor sub(double s) {
    return Elementwises.scaled(Scalar.SUB, self(), s);
  }

  /** this − s, in this dtype. */
  default Tensor sub(long s) {
    return Elementwises.scaled(Scalar.SUB, self(), s);
  }

  /** s − this. */
  default Tensor rsub(double s) {
    return Elementwises.scaled(Scalar.RSUB, self(), s);
  }

  /** s − this, in this dtype. */
  default Tensor rsub(long s) {
    return Elementwises.scaled(Scalar.RSUB, self(), s);
  }

  /** this · b, element by element; see {@link Tensor#matmul} for the matrix product. */
  default Tensor mul(Tensor b) {
    return Elementwises.binary(Binary.MUL, self(), b);
  }

  /** this · s. */
  default Tensor mul(double s) {
    return Elementwises.scaled(Scalar.MUL, self(), s);
  }

  /** this · s, in this dtype. */
  default Tensor mul(long s) {
    return Elementwises.scaled(Scalar.MUL, self(), s);
  }

  /** this / b by IEEE: x/0 is ±inf or NaN, never an exception. Of two integers it is float32. */
  default Tensor div(Tensor b) {
    return Elementwises.div(self(), b);
  }

  /** this / s by IEEE; of integers it is float32. */
  default Tensor div(double s) {
    return Elementwises.scaled(Scalar.DIV, self(), s);
  }

  /** s / this by IEEE; of integers it is float32. */
  default Tensor rdiv(double s) {
    return Elementwises.scaled(Scalar.RDIV, self(), s);
  }

  /**
   * What is left of this divided by b, with b's sign: a − b·⌊a/b⌋ (Python's {@code %}).
   *
   * @throws ArithmeticException if b is an integer and holds a 0; of floats, x % 0 is NaN
   */
  default Tensor remainder(Tensor b) {
    return Elementwises.binary(Binary.REMAINDER, self(), b);
  }

  /** What is left of this divided by s, with the sign of s. */
  default Tensor remainder(double s) {
    return remainder(Elementwises.number(self(), s));
  }

  /** What is left of this divided by s, with the sign of s, in this dtype. */
  default Tensor remainder(long s) {
    return remainder(Elementwises.number(Binary.REMAINDER, self(), s));
  }

  /** this^b; floats. */
  default Tensor pow(Tensor b) {
    return Elementwises.binary(Binary.POW, self(), b);
  }

  /** this^s; the derivative of the power 0 is 0, at 0 too. Of integers it is float32. */
  default Tensor pow(double s) {
    return Elementwises.scaled(Scalar.POW, self(), s);
  }

  /** The larger of two elements; NaN if one is. Ties share the derivative evenly. */
  default Tensor maximum(Tensor b) {
    return Elementwises.binary(Binary.MAXIMUM, self(), b);
  }

  /** The larger of this and s. */
  default Tensor maximum(double s) {
    return maximum(Elementwises.number(self(), s));
  }

  /** The larger of this and s, in this dtype. */
  default Tensor maximum(long s) {
    return maximum(Elementwises.number(Binary.MAXIMUM, self(), s));
  }

  /** The smaller of two elements; NaN if one is. Ties share the derivative evenly. */
  default Tensor minimum(Tensor b) {
    return Elementwises.binary(Binary.MINIMUM, self(), b);
  }

  /** The smaller of this and s. */
  default Tensor minimum(double s) {
    return minimum(Elementwises.number(self(), s));
  }

  /** The smaller of this and s, in this dtype. */
  default Tensor minimum(long s) {
    return minimum(Elementwises.number(Binary.MINIMUM, self(), s));
  }

  /** The angle of the point (x, this) from the x axis, in radians, −π to π; floats. */
  default Tensor atan2(Tensor x) {
    return Elementwises.binary(Binary.ATAN2, self(), x);
  }

  /**
   * This, but low where it is below that and high where it is above; NaN stays. The derivative is 1
   * from low to high, both included.
   *
   * @throws IllegalArgumentException if low is above high, or one is NaN
   */
  default Tensor clamp(double low, double high) {
    return Elementwises.clamp(self(), low, high);
  }

  // -- Truth --------------------------------------------------------------------------------------

  /** Whether this = b, element by element; bool, like all of these. */
  default Tensor eq(Tensor b) {
    return Elementwises.compare(Compare.EQ, self(), b);
  }

  /** Whether this = s. */
  default Tensor eq(double s) {
    return eq(Elementwises.number(self(), s));
  }

  /** Whether this = s. */
  default Tensor eq(long s) {
    return eq(Elementwises.number("eq", self(), s));
  }

  /** Whether this ≠ b; NaN differs from everything. */
  default Tensor ne(Tensor b) {
    return Elementwises.compare(Compare.NE, self(), b);
  }

  /** Whether this ≠ s. */
  default Tensor ne(double s) {
    return ne(Elementwises.number(self(), s));
  }

  /** Whether this ≠ s. */
  default Tensor ne(long s) {
    return ne(Elementwises.number("ne", self(), s));
  }

  /** Whether this &lt; b. */
  default Tensor lt(Tensor b) {
    return Elementwises.compare(Compare.LT, self(), b);
  }

  /** Whether this &lt; s. */
  default Tensor lt(double s) {
    return lt(Elementwises.number(self(), s));
  }

  /** Whether this &lt; s. */
  default Tensor lt(long s) {
    return lt(Elementwises.number("lt", self(), s));
  }

  /** Whether this ≤ b. */
  default Tensor le(Tensor b) {
    return Elementwises.compare(Compare.LE, self(), b);
  }

  /** Whether this ≤ s. */
  default Tensor le(double s) {
    return le(Elementwises.number(self(), s));
  }

  /** Whether this ≤ s. */
  default Tensor le(long s) {
    return le(Elementwises.number("le", self(), s));
  }

  /** Whether this &gt; b. */
  default Tensor gt(Tensor b) {
    return Elementwises.compare(Compare.GT, self(), b);
  }

  /** Whether this &gt; s. */
  default Tensor gt(double s) {
    return gt(Elementwises.number(self(), s));
  }

  /** Whether this &gt; s. */
  default Tensor gt(long s) {
    return gt(Elementwises.number("gt", self(), s));
  }

  /** Whether this ≥ b. */
  default Tensor ge(Tensor b) {
    return Elementwises.compare(Compare.GE, self(), b);
  }

  /** Whether this ≥ s. */
  default Tensor ge(double s) {
    return ge(Elementwises.number(self(), s));
  }

  /** Whether this ≥ s. */
  default Tensor ge(long s) {
    return ge(Elementwises.number("ge", self(), s));
  }

  /** Whether both are true; a number is if it is not 0. */
  default Tensor and(Tensor b) {
    return Elementwises.compare(Compare.AND, self(), b);
  }

  /** Whether one is true, or both. */
  default Tensor or(Tensor b) {
    return Elementwises.compare(Compare.OR, self(), b);
  }

  /** Whether exactly one is true. */
  default Tensor xor(Tensor b) {
    return Elementwises.compare(Compare.XOR, self(), b);
  }

  /** Whether it is false, or 0. */
  default Tensor not() {
    return eq(0L);
  }

  /** Whether it is NaN. */
  default Tensor isNan() {
    return ne(self());
  }

  /** Whether it is one of ±inf. */
  default Tensor isInf() {
    return self().dtype().isFloating() ? abs().eq(Double.POSITIVE_INFINITY) : isNan();
  }

  /** Whether it is neither NaN nor ±inf. */
  default Tensor isFinite() {
    return self().dtype().isFloating() ? abs().lt(Double.POSITIVE_INFINITY) : eq(self());
  }

  /** Converted to that dtype as Java's casts do; itself if it has it already. */
  default Tensor to(DType dtype) {
    return dtype == self().dtype() ? self() : Eager.apply(new Linears.Cast(dtype), self());
  }
}
