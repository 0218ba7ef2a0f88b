package thimble.tensor;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Einstein's summation by permutations, diagonals, sums and matrix products. A term is a tensor
 * with a letter for each axis; two terms at a time become one, keeping the letters that are needed
 * later.
 */
final class Einsum {
  private record Term(Tensor x, String letters) {}

  private final String equation;
  private final List<Term> terms = new ArrayList<>();
  private final String result;

  private Einsum(String equation, Tensor... in) {
    this.equation = equation;
    String text = equation.replace(" ", "");
    int arrow = text.indexOf("->");
    String[] inputs = (arrow < 0 ? text : text.substring(0, arrow)).split(",", -1);
    if (!text.matches("[A-Za-z,]*(->[A-Za-z]*)?")) {
      throw new IllegalArgumentException(
          "einsum: \"%s\": takes letters, commas and one ->, as in \"ij,jk->ik\""
              .formatted(equation));
    }
    if (inputs.length != in.length) {
      throw new IllegalArgumentException(
          "einsum: \"%s\": %d operands, %d are given"
              .formatted(equation, inputs.length, in.length));
    }
    String all = String.join("", inputs);
    result = arrow < 0 ? once(all) : text.substring(arrow + 2);
    if (result.chars().distinct().count() != result.length()
        || result.chars().anyMatch(c -> all.indexOf(c) < 0)) {
      throw new IllegalArgumentException(
          "einsum: \"%s\": the result \"%s\" must have letters of the operands, each once"
              .formatted(equation, result));
    }
    checkSizes(inputs, in);
    for (int i = 0; i < in.length; i++) {
      terms.add(new Term(in[i], inputs[i]));
    }
  }

  static Tensor of(String equation, Tensor... in) {
    return new Einsum(equation, in).run();
  }

  /** The letters that occur once, in alphabetical order. */
  private static String once(String letters) {
    return letters
        .chars()
        .sorted()
        .filter(c -> letters.indexOf(c) == letters.lastIndexOf(c))
        .mapToObj(Character::toString)
        .collect(Collectors.joining());
  }

  private void checkSizes(String[] inputs, Tensor[] in) {
    Map<Character, Long> sizes = new HashMap<>();
    for (int i = 0; i < in.length; i++) {
      Tensor x = in[i];
      if (!x.dtype().isFloating() && in.length > 1) {
        throw Checks.refused(Takes.FLOATS, "einsum", x);
      }
      if (inputs[i].length() != x.rank()) {
        throw new ShapeException(
            "einsum: \"%s\": operand %d is %s: \"%s\" has %d letters"
                .formatted(equation, i, x.shape(), inputs[i], inputs[i].length()));
      }
      for (int d = 0; d < x.rank(); d++) {
        char letter = inputs[i].charAt(d);
        Long size = sizes.putIfAbsent(letter, x.size(d));
        if (size != null && size != x.size(d)) {
          throw new ShapeException(
              "einsum: \"%s\": '%s' is %d, and %d in operand %d, %s"
                  .formatted(equation, letter, size, x.size(d), i, x.shape()));
        }
      }
    }
  }

  private Tensor run() {
    Term a = simplify(terms.get(0), needed(1));
    for (int i = 1; i < terms.size(); i++) {
      Term b = simplify(terms.get(i), a.letters + needed(i + 1));
      a = product(simplify(a, b.letters + needed(i + 1)), b, needed(i + 1));
    }
    return order(simplify(a, result), result);
  }

  /** The letters that the terms from i on, or the result, have. */
  private String needed(int i) {
    return terms.stream().skip(i).map(Term::letters).collect(Collectors.joining()) + result;
  }

  /** Letters that occur twice as diagonals, letters that nobody else has summed over. */
  private static Term simplify(Term t, String others) {
    Tensor x = t.x;
    String letters = t.letters;
    for (int d = 0; d < letters.length(); d++) {
      int e = letters.indexOf(letters.charAt(d), d + 1);
      while (e > d) {
        x = x.diagonal(0, d, e); // the two go, one comes last
        String rest = new StringBuilder(letters).deleteCharAt(e).deleteCharAt(d).toString();
        letters = rest + letters.charAt(d);
        d = 0;
        e = letters.indexOf(letters.charAt(d), d + 1);
      }
    }
    String had = letters;
    int[] alone =
        IntStream.range(0, had.length()).filter(d -> others.indexOf(had.charAt(d)) < 0).toArray();
    if (alone.length > 0) {
      x = x.sum(alone);
      letters =
          had.chars()
              .filter(c -> others.indexOf(c) >= 0)
              .mapToObj(Character::toString)
              .collect(Collectors.joining());
    }
    return new Term(x, letters);
  }

  /** Two terms as one matrix product: letters of both that are kept are its batch. */
  private Term product(Term a, Term b, String needed) {
    String both = common(a.letters, b.letters, true);
    String batch = common(both, needed, true);
    String inner = common(both, needed, false);
    String left = common(a.letters, b.letters, false);
    String right = common(b.letters, a.letters, false);
    Tensor x = order(a.x, a.letters, batch + left + inner);
    Tensor y = order(b.x, b.letters, batch + inner + right);
    Shape lead = part(x.shape(), 0, batch.length());
    Shape rows = part(x.shape(), batch.length(), left.length());
    Shape columns = part(y.shape(), batch.length() + inner.length(), right.length());
    Shape all =
        Checks.shape(
            () -> "einsum: \"%s\"".formatted(equation),
            () -> lead.plus(rows.toArray()).plus(columns.toArray()));
    long k = part(y.shape(), batch.length(), inner.length()).count();
    Tensor u = x.reshape(lead.count(), rows.count(), k);
    Tensor v = y.reshape(lead.count(), k, columns.count());
    // Without a sum it is one of many small matrices: their products element by element.
    Tensor z = k == 1 ? u.mul(v) : u.matmul(v);
    return new Term(z.reshape(all), batch + left + right);
  }

  /** The letters of a that b has, or those that it lacks. */
  private static String common(String a, String b, boolean has) {
    return a.chars()
        .filter(c -> b.indexOf(c) >= 0 == has)
        .mapToObj(Character::toString)
        .collect(Collectors.joining());
  }

  private static Shape part(Shape s, int from, int count) {
    return Shape.of(Arrays.copyOfRange(s.toArray(), from, from + count));
  }

  private static Tensor order(Term t, String letters) {
    return order(t.x, t.letters, letters);
  }

  private static Tensor order(Tensor x, String from, String to) {
    return x.permute(to.chars().map(from::indexOf).toArray());
  }
}
