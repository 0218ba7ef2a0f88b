package thimble.tensor;

import java.util.ArrayList;
import java.util.List;

/** Another backend's work, counted. */
final class CountingBackend implements Backend {
  private final Backend backend;
  private final List<Op> ops = new ArrayList<>();
  private int calls;

  private CountingBackend(Backend backend) {
    this.backend = backend;
  }

  /** The current backend, counted from now on; give to {@link Mode#use}. */
  static CountingBackend ofCurrent() {
    return new CountingBackend(Backends.current());
  }

  /** How often it has been asked for memory or for the value of an op. */
  int calls() {
    return calls;
  }

  /** Of what ops it has been asked for the value. */
  List<Op> ops() {
    return ops;
  }

  @Override
  public String name() {
    return backend.name();
  }

  @Override
  public String describe() {
    return backend.describe();
  }

  @Override
  public Storage allocate(Object user, DType dtype, Shape shape) {
    calls++;
    return backend.allocate(user, dtype, shape);
  }

  @Override
  public boolean writes(Storage s) {
    return backend.writes(s);
  }

  @Override
  public Pool pool() {
    return backend.pool();
  }

  @Override
  public void run(Op op, Buffer[] in, Buffer out) {
    calls++;
    ops.add(op);
    backend.run(op, in, out);
  }

  @Override
  public void threads(int count) {
    backend.threads(count);
  }

  @Override
  public int threads() {
    return backend.threads();
  }
}
