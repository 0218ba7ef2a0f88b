// Inner loops that move elements, whatever they mean: only their size counts. Compiled once for
// each instruction set.
#include "kernels.h"
#include "vector.h"

namespace th::TH_ISA {
namespace {

// Lines that no cache keeps: for results too large to be found in one. y is aligned to a line.
template <class V>
inline void stream_line(const V (&line)[kLine / sizeof(V)], char* y) {
  for (size_t i = 0; i < kLine / sizeof(V); ++i) stream(line[i], y + i * sizeof(V));
}

// y = x, or with Step 0 the one x everywhere.
template <int Step, class T>
void stream_row(i64 n, const T* x, T* y) {
  using V = Vector<T>;
  constexpr i64 kInLine = kLine / sizeof(T), kInVector = kVectorBytes / sizeof(T);
  i64 i = 0;
  for (; i < n && reinterpret_cast<uintptr_t>(y + i) % kLine != 0; ++i) y[i] = x[i * Step];
  V line[kLine / kVectorBytes];
  if (Step == 0)
    for (V& v : line) v = V{} + x[0];
  for (; i + kInLine <= n; i += kInLine) {
    if (Step != 0)
      for (i64 v = 0; v < kInLine / kInVector; ++v) line[v] = load<V>(x + i + v * kInVector);
    stream_line(line, reinterpret_cast<char*>(y + i));
  }
  for (; i < n; ++i) y[i] = x[i * Step];
}

template <class T>
void row(i64 n, const T* x, i64 sx, T* __restrict y, i64 sy) {
  if (sy != 1) {
    for (i64 i = 0; i < n; ++i) y[i * sy] = x[i * sx];
  } else if (sx == 1) {
    for (i64 i = 0; i < n; ++i) y[i] = x[i];
  } else if (sx == 0) {
    const T s = *x;
    for (i64 i = 0; i < n; ++i) y[i] = s;
  } else if (sx == -1) {
    for (i64 i = 0; i < n; ++i) y[i] = x[-i];
  } else if (sx == 2) {
    for (i64 i = 0; i < n; ++i) y[i] = x[2 * i];
  } else {
    for (i64 i = 0; i < n; ++i) y[i] = x[i * sx];
  }
}

// y[i, j] = x[j, i] in squares, one below the other in x.
template <class T>
inline void transpose_squares(const T* x, i64 x_row, T* y, i64 y_row) {
  constexpr int n = kSide<T>;
  Sides<T> v[n];
  TH_UNROLL
  for (int i = 0; i < n; ++i) v[i] = load_sides(x + i * x_row, x + (i + n) * x_row);
  transpose<T>(v);
  TH_UNROLL
  for (int i = 0; i < n; ++i) store(v[i], y + i * y_row);
}

template <class T>
void plain_block(const Rectangle& r, const T* x, T* y) {
  for (i64 i = 0; i < r.rows; ++i)
    for (i64 j = 0; j < r.columns; ++j)
      y[i * r.y_row + j * r.y_column] = x[i * r.x_row + j * r.x_column];
}

// What is right of so many columns, and below so many rows.
template <class T>
void plain_rest(const Rectangle& r, i64 rows, i64 columns, const T* x, T* y) {
  Rectangle right = r, below = r;
  right.columns = r.columns - columns;
  plain_block(right, x + columns * r.x_column, y + columns * r.y_column);
  below.rows = r.rows - rows;
  below.columns = columns;
  plain_block(below, x + rows * r.x_row, y + rows * r.y_row);
}

// A block that the nearest caches hold, of whose columns x is contiguous and rows y.
template <class T>
void transpose_block(const Rectangle& r, const T* x, T* y) {
  constexpr i64 n = kSide<T>, wide = kSquares * n;
  const i64 rows = r.rows / n * n, columns = r.columns / wide * wide;
  for (i64 j = 0; j < columns; j += wide)
    for (i64 i = 0; i < rows; i += n)
      transpose_squares(x + i + j * r.x_column, r.x_column, y + i * r.y_row + j, r.y_row);
  plain_rest(r, rows, columns, x, y);
}

// Each line of the result is written at once, far from the one before: asked for ahead, all lines
// of a block are on their way together.
template <class T>
void ask_for_lines(const Rectangle& r, const T* y) {
  for (i64 i = 0; i < r.rows; ++i)
    for (i64 j = 0; j < r.columns; j += kLine / static_cast<i64>(sizeof(T)))
      __builtin_prefetch(y + i * r.y_row + j, 1);
}

// Of a large result, whose lines begin where those of a cache do: squares as wide as a line, so
// that each line is read at once and written at once, one below the other in y, so that x is read
// on and on.
template <class T>
void stream_squares(const Rectangle& r, const T* x, T* y) {
  constexpr i64 n = kLine / sizeof(T), wide = kSquares * kSide<T>;
  const i64 rows = r.rows / n * n, columns = r.columns / n * n;
  alignas(kLine) T square[n * n];
  Vector<T> line[kLine / kVectorBytes];
  for (i64 j = 0; j < columns; j += n)
    for (i64 i = 0; i < rows; i += n) {
      for (i64 k = 0; k < n; k += wide) {
        const T* const lines = x + i + (j + k) * r.x_column;
        for (i64 l = 0; l < n; l += kSide<T>)
          transpose_squares(lines + l, r.x_column, square + l * n + k, n);
      }
      for (i64 k = 0; k < n; ++k) {
        __builtin_memcpy(line, square + k * n, kLine);
        stream_line(line, reinterpret_cast<char*>(y + (i + k) * r.y_row + j));
      }
    }
  plain_rest(r, rows, columns, x, y);
}

template <class T>
void transpose_lines(const Rectangle& r, const T* x, T* y) {
  if (!r.stream) ask_for_lines(r, y);
  if (!r.stream && kSide<T> * sizeof(T) == kLine) {
    transpose_block(r, x, y);
    return;
  }
  // Parts of lines, in rows a power of two apart, would throw each other out of the cache: they are
  // put together beside it. What comes from memory is better read several lines at a time.
  constexpr i64 kColumns = kAcrossColumns / sizeof(T);
  alignas(kLine) T lines[kAcrossRows / sizeof(T) * kColumns];
  const i64 rows = (r.stream ? kAcrossRows : kLine) / static_cast<i64>(sizeof(T));
  for (i64 i = 0; i < r.rows; i += rows) {
    Rectangle part = r;
    part.rows = r.rows - i < rows ? r.rows - i : rows;
    part.y_row = kColumns;
    transpose_block(part, x + i, lines);
    for (i64 k = 0; k < part.rows; ++k) {
      const T* const line = lines + k * kColumns;
      T* const to = y + (i + k) * r.y_row;
      if (r.stream) {
        stream_row<1>(r.columns, line, to);
      } else {
        row(r.columns, line, 1, to, 1);
      }
    }
  }
}

template <class T>
void across(const Rectangle& r, const T* x, T* y) {
  constexpr i64 kRows = kAcrossRows / sizeof(T), kColumns = kAcrossColumns / sizeof(T);
  const bool is_transposed = r.x_row == 1 && r.y_column == 1;
  if (is_transposed && r.stream && reinterpret_cast<uintptr_t>(y) % kLine == 0 &&
      r.y_row * static_cast<i64>(sizeof(T)) % kLine == 0) {
    stream_squares(r, x, y);
    stream_end();
    return;
  }
  const auto move_block = is_transposed ? transpose_lines<T> : plain_block<T>;
  for (i64 i = 0; i < r.rows; i += kRows)
    for (i64 j = 0; j < r.columns; j += kColumns) {
      Rectangle block = r;
      block.rows = r.rows - i < kRows ? r.rows - i : kRows;
      block.columns = r.columns - j < kColumns ? r.columns - j : kColumns;
      move_block(block, x + i * r.x_row + j * r.x_column, y + i * r.y_row + j * r.y_column);
    }
  if (r.stream) stream_end();
}

template <class T>
void copy(const Rectangle& r, const void* px, void* py) {
  const T* x = static_cast<const T*>(px);
  T* y = static_cast<T*>(py);
  if (r.across()) {
    across(r, x, y);
  } else if (r.columns < 8 && r.rows > r.columns) {  // narrow: long loops down the columns
    for (i64 j = 0; j < r.columns; ++j)
      row(r.rows, x + j * r.x_column, r.x_row, y + j * r.y_column, r.y_row);
  } else if (r.stream && r.y_column == 1 && (r.x_column == 0 || r.x_column == 1)) {
    for (i64 i = 0; i < r.rows; ++i)
      (r.x_column == 0 ? stream_row<0, T> : stream_row<1, T>)(r.columns, x + i * r.x_row,
                                                              y + i * r.y_row);
    stream_end();
  } else {
    for (i64 i = 0; i < r.rows; ++i)
      row(r.columns, x + i * r.x_row, r.x_column, y + i * r.y_row, r.y_column);
  }
}

void stream_bytes(i64 n, const void* x, void* y) {
  stream_row<1>(n, static_cast<const unsigned char*>(x), static_cast<unsigned char*>(y));
}

i64 outside(i64 n, const i64* index, i64 step, i64 bound) {
  const auto limit = static_cast<unsigned long long>(bound);
  bool any = false;
  if (step == 1) {
    for (i64 i = 0; i < n; ++i) any |= static_cast<unsigned long long>(index[i]) >= limit;
  } else {
    for (i64 i = 0; i < n; ++i) any |= static_cast<unsigned long long>(index[i * step]) >= limit;
  }
  i64 i = any ? 0 : n;
  while (i < n && static_cast<unsigned long long>(index[i * step]) < limit) ++i;
  return i;
}

// What takes the element or row at each place.
template <class Take>
i64 each_inside(const Places& at, i64 step, i64 bound, const Take& take) {
  const auto is_inside = [&](i64 index) {
    return static_cast<unsigned long long>(index) < static_cast<unsigned long long>(bound);
  };
  const i64* index = at.index;
  i64 i = 0;
  for (; i + 4 <= at.n; i += 4) {  // one question for four
    const i64 a = index[i * step], b = index[(i + 1) * step];
    const i64 c = index[(i + 2) * step], d = index[(i + 3) * step];
    if (!(is_inside(a) & is_inside(b) & is_inside(c) & is_inside(d))) break;
    take(i, a);
    take(i + 1, b);
    take(i + 2, c);
    take(i + 3, d);
  }
  for (; i < at.n && is_inside(index[i * step]); ++i) take(i, index[i * step]);
  return i;
}

template <class T>
i64 gather(const Places& at, i64 bound, i64 m, const void* px, i64 sx, void* py, i64 sy) {
  const T* x = static_cast<const T*>(px);
  T* __restrict y = static_cast<T*>(py);
  if (m > 1)
    return each_inside(at, at.step, bound, [&](i64 i, i64 index) {
      row(m, x + i * at.x + index * at.along, sx, y + i * at.y, sy);
    });
  if (at.step == 1 && at.along == 1 && at.x == 0 && at.y == 1)
    return each_inside(at, 1, bound, [&](i64 i, i64 index) { y[i] = x[index]; });
  return each_inside(at, at.step, bound, [&](i64 i, i64 index) {
    y[i * at.y] = x[i * at.x + index * at.along];
  });
}

// Integers are added as unsigned ones, which wrap around.
template <class T>
void add_row(i64 n, const T* x, i64 sx, T* __restrict y, i64 sy) {
  if (sx == 1 && sy == 1) {
    for (i64 i = 0; i < n; ++i) y[i] = static_cast<T>(y[i] + x[i]);
  } else {
    for (i64 i = 0; i < n; ++i) y[i * sy] = static_cast<T>(y[i * sy] + x[i * sx]);
  }
}

template <class T>
void scatter_add(const Places& at, i64 m, const void* px, i64 sx, void* py, i64 sy) {
  const T* x = static_cast<const T*>(px);
  T* y = static_cast<T*>(py);
  if (m > 1) {
    for (i64 i = 0; i < at.n; ++i)
      add_row(m, x + i * at.x, sx, y + i * at.y + at.index[i * at.step] * at.along, sy);
  } else {
    for (i64 i = 0; i < at.n; ++i) {
      T& sum = y[i * at.y + at.index[i * at.step] * at.along];
      sum = static_cast<T>(sum + x[i * at.x]);
    }
  }
}

template <class Bits, class Number>
void fill(Kernels& k, int dtype) {
  k.copy[dtype] = copy<Bits>;
  k.gather[dtype] = gather<Bits>;
  k.scatter_add[dtype] = scatter_add<Number>;
}

}  // namespace

void fill_move(Kernels& k) {
  fill<uint32_t, float>(k, kF32);
  fill<uint64_t, double>(k, kF64);
  fill<uint32_t, uint32_t>(k, kI32);
  fill<uint64_t, uint64_t>(k, kI64);
  fill<uint8_t, uint8_t>(k, kU8);
  fill<uint8_t, uint8_t>(k, kBool);
  k.stream = stream_bytes;
  k.stream_end = stream_end;
  k.outside = outside;
}

}  // namespace th::TH_ISA
