package thimble.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thimble.tensor.DType.FLOAT32;
import static thimble.tensor.DType.FLOAT64;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import thimble.InBothBackends;
import thimble.transform.Grad;

/** Tensors that are handed over to the next op. */
class DonationTest extends InBothBackends {
  private static final int N = 50_000;

  private static Tensor numbers(DType dtype, long... shape) {
    double[] x = new double[(int) Shape.of(shape).count()];
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 17 / 4.0 + 0.5;
    }
    return Tensor.of(x, shape).to(dtype);
  }

  /** Where the elements lie, for memory that is native. */
  private static long address(Tensor x) {
    return x.value().storage().segment().address();
  }

  private void assertInPlace(boolean wanted, Supplier<Tensor> make, UnaryOperator<Tensor> f) {
    Tensor expected = f.apply(make.get());
    Tensor x = make.get();
    long address = address(x);
    Tensor y = f.apply(x.donate());
    if (wanted && backend.equals("native")) {
      assertEquals(address, address(y));
    } else {
      assertNotEquals(0, y.count());
    }
    assertArrayEquals(expected.to(FLOAT64).toDoubleArray(), y.to(FLOAT64).toDoubleArray());
    assertThrows(ClosedException.class, x::toDoubleArray);
  }

  @Test
  void elementwiseOpsWriteInPlace() {
    Tensor b = numbers(FLOAT32, N);
    Map<String, UnaryOperator<Tensor>> ops = new LinkedHashMap<>();
    ops.put("unary", Tensor::exp);
    ops.put("near and far", Tensor::sin);
    ops.put("left", x -> x.sub(b));
    ops.put("right", x -> b.div(x));
    ops.put("both", x -> x.mul(x));
    ops.put("number", x -> x.pow(2.5));
    ops.put("square", x -> x.pow(2.0));
    ops.put("where", x -> Tensor.where(b.gt(1), x, b));
    ops.put("relu", Tensor::relu);
    ops.values().forEach(op -> assertInPlace(true, () -> numbers(FLOAT32, N), op));
    assertInPlace(true, () -> numbers(FLOAT64, 3, N), Tensor::log);
    assertInPlace(true, () -> numbers(DType.INT64, N), x -> x.add(x));
    assertInPlace(true, () -> numbers(FLOAT32, N).gt(1), Tensor::not);
  }

  @Test
  void whatDoesNotFitIsComputedElsewhere() {
    assertInPlace(false, () -> numbers(FLOAT32, N), x -> x.to(FLOAT64));
    assertInPlace(false, () -> numbers(FLOAT32, N), x -> x.gt(1));
    assertInPlace(false, () -> numbers(FLOAT32, N), x -> x.sum());
    assertInPlace(false, () -> numbers(FLOAT32, 1), x -> x.add(numbers(FLOAT32, N)));
    assertInPlace(false, () -> numbers(FLOAT32, 4), Tensor::exp);
    assertInPlace(true, () -> numbers(FLOAT32, 200, N / 200).transpose().contiguous(), Tensor::exp);
  }

  @Test
  void theMemoryIsGivenBackInTheEnd() {
    Memory.Stats before = Memory.stats();
    Tensor x = numbers(FLOAT32, N).add(1);
    Tensor y = x;
    for (int i = 0; i < 10; i++) {
      y = y.donate().mul(0.5);
    }
    assertEquals(numbers(FLOAT32, 1).item() + 1, y.slice(0, 0, 1).item() * 1024);
    x.close();
    y.close();
    assertTrue(Memory.stats().tensors() <= before.tensors() + 4); // the numbers, and slices
  }

  @Test
  void usingADonatedTensorSaysWhereItWent() {
    for (int n : new int[] {3, N}) {
      Tensor x = numbers(FLOAT32, n);
      Tensor given = x.donate();
      String said = assertThrows(ClosedException.class, () -> x.mul(2)).getMessage();
      assertEquals("mul(2): operand 0, float32 [%d], was donated".formatted(n), said);
      given.exp();
      for (Tensor gone : new Tensor[] {x, given}) {
        said = assertThrows(ClosedException.class, () -> gone.add(gone)).getMessage();
        assertEquals("add: operand 0, float32 [%d], was donated to exp".formatted(n), said);
        assertThrows(ClosedException.class, gone::toFloatArray);
        assertThrows(ClosedException.class, gone::donate);
        gone.close();
      }
    }
  }

  @Test
  void whatIsSharedIsNotDonated() {
    for (int n : new int[] {4, N}) {
      Tensor x = numbers(FLOAT32, n);
      Tensor view = x.reshape(2, -1);
      assertRefused("a view", x);
      assertRefused("a view", view);
      view.close();
      Tensor other = x.detach();
      assertRefused("another handle", x);
      other.close();
      assertRefused("derivative", numbers(FLOAT32, n).requiresGrad(true));
      assertRefused("derivative", numbers(FLOAT32, n).requiresGrad(true).exp());
      numbers(FLOAT32, n).requiresGrad(true).mul(x);
      assertRefused("a recorded op", x);
      Tensor y = numbers(FLOAT32, n);
      Tensor w = numbers(FLOAT32, n).requiresGrad(true);
      Tensor z = w.mul(y);
      assertRefused("a recorded op", y);
      z.close();
      y.donate().exp();
    }
  }

  private static void assertRefused(String why, Tensor x) {
    String said = assertThrows(IllegalStateException.class, x::donate).getMessage();
    assertTrue(said.startsWith("donate: float32 ") && said.contains(why), said);
    x.toFloatArray();
  }

  @Test
  void aRecordedOpKeepsTheValue() {
    Tensor w = numbers(FLOAT32, N).requiresGrad(true);
    Tensor x = numbers(FLOAT32, N);
    Tensor y = w.mul(x.donate());
    y.backward();
    assertArrayEquals(numbers(FLOAT32, N).toFloatArray(), w.grad().toFloatArray());
    assertThrows(ClosedException.class, x::exp);
  }

  @Test
  void aViewOfADonatedTensorIsAView() {
    Tensor x = numbers(FLOAT32, N);
    Tensor given = x.donate();
    Tensor half = given.slice(0, 0, N / 2);
    assertThrows(ClosedException.class, given::exp);
    assertEquals(0.5, half.slice(0, 0, 1).item());
    Tensor other = numbers(FLOAT32, N).donate();
    Tensor shared = other.detach();
    Tensor y = other.exp();
    assertNotSame(shared.value().storage(), y.value().storage());
    assertEquals(0.5, shared.slice(0, 0, 1).item());
  }

  @Test
  void aFunctionOfADonatedTensor() {
    Tensor x = numbers(FLOAT32, 3).donate();
    assertThrows(ClosedException.class, () -> Grad.grad((Tensor v) -> v.sum()).apply(x));
  }

  @Test
  void anOpThatIsRefusedDoesNotEndIt() {
    Tensor given = numbers(FLOAT32, 3).donate();
    assertThrows(ShapeException.class, () -> given.add(numbers(FLOAT32, 4)));
    given.add(numbers(FLOAT32, 3));
    assertThrows(ClosedException.class, () -> given.add(1));
  }
}
