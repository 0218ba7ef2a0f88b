// The index space of a strided op: coalesced axes, walked in runs along the last one.
#pragma once

namespace th {

using i64 = long long;

constexpr int kMaxRank = 8;

// How many pieces of that size cover n.
inline i64 divide_up(i64 n, i64 size) { return (n + size - 1) / size; }

// Sizes and, for each of K operands, strides; adjacent axes that every operand steps through evenly
// are one axis, axes of size 1 are gone, and there is always at least one axis.
template <int K>
struct Loop {
  int rank = 0;
  i64 count = 1;
  i64 size[kMaxRank];
  i64 stride[K][kMaxRank];

  Loop() = default;
  Loop(int axes, const i64* layout) {
    if (axes == 1) {
      rank = 1;
      count = size[0] = layout[0];
      for (int k = 0; k < K; ++k) stride[k][0] = layout[1 + k];
      return;
    }
    for (int d = 0; d < axes; ++d) {
      i64 n = layout[d];
      count *= n;
      if (n == 1) continue;
      bool even = rank > 0;
      for (int k = 0; even && k < K; ++k)
        even = stride[k][rank - 1] == layout[(k + 1) * axes + d] * n;
      if (even) {
        size[rank - 1] *= n;
      } else {
        size[rank++] = n;
      }
      for (int k = 0; k < K; ++k) stride[k][rank - 1] = layout[(k + 1) * axes + d];
    }
    if (rank == 0) {
      size[rank++] = 1;
      for (int k = 0; k < K; ++k) stride[k][0] = 0;
    }
  }

  i64 inner() const { return size[rank - 1]; }
  i64 step(int k) const { return stride[k][rank - 1]; }

  // Calls run(i, n, offsets) for consecutive runs of n elements that together are [begin, end) of
  // the index space in row-major order; i counts from 0, offsets[k] is where operand k starts.
  template <class Run>
  void each(i64 begin, i64 end, Run run) const {
    if (begin >= end) return;  // an axis may be empty
    i64 offset[K] = {};
    if (rank == 1) {
      for (int k = 0; k < K; ++k) offset[k] = begin * stride[k][0];
      run(begin, end - begin, static_cast<const i64*>(offset));
      return;
    }
    i64 index[kMaxRank];
    i64 rest = begin;
    for (int d = rank - 1; d >= 0; --d) {
      index[d] = rest % size[d];
      rest /= size[d];
      for (int k = 0; k < K; ++k) offset[k] += index[d] * stride[k][d];
    }
    const int last = rank - 1;
    for (i64 i = begin; i < end;) {
      i64 n = size[last] - index[last];
      if (n > end - i) n = end - i;
      run(i, n, static_cast<const i64*>(offset));
      i += n;
      index[last] += n;
      for (int k = 0; k < K; ++k) offset[k] += n * stride[k][last];
      for (int d = last; d > 0 && index[d] == size[d]; --d) {
        index[d] = 0;
        ++index[d - 1];
        for (int k = 0; k < K; ++k) offset[k] += stride[k][d - 1] - size[d] * stride[k][d];
      }
    }
  }
};

}  // namespace th
