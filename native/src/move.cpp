// The C entry points of the moving family.
#include "move.h"

#include <cstdint>

#include "error.h"
#include "kernels.h"
#include "parallel.h"

namespace th {

void copy(int dtype, int rank, const i64* layout, const void* x, void* y) {
  const i64 bytes = byte_size(dtype);
  const CopyFn f = kernels().copy[dtype];
  const Loop<2> loop(rank, layout);
  each_parallel(loop, [&](i64, i64 n, const i64* offset) {
    f(n, at(x, offset[0], bytes), loop.step(0), at(y, offset[1], bytes), loop.step(1));
  });
}

namespace {

void fill(int dtype, i64 count, double value, void* y) {
  const i64 one_value[3] = {count, 0, 1};
  i64 element = 0;
  kernels().cast[kF64][dtype](1, &value, 1, &element);
  copy(dtype, 1, one_value, &element, y);
}

void gather(int dtype, int rank, const i64* layout, int axis, i64 bound, const void* x,
            const i64* index, void* y) {
  const i64 bytes = byte_size(dtype), along = layout[rank + axis];
  // x moves with every axis but its own: there the index says where.
  i64 moved[3 * kMaxRank];
  for (int d = 0; d < 3 * rank; ++d) moved[d] = layout[d];
  moved[rank + axis] = 0;
  const Loop<2> loop(rank, moved);
  const CopyFn f = kernels().copy[dtype];
  loop.each(0, loop.count, [&](i64 i, i64 n, const i64* offset) {
    for (i64 j = 0; j < n; ++j) {
      const i64 k = index[offset[1] + j * loop.step(1)];
      if (k < 0 || k >= bound) throw BadIndex{k};
      f(1, at(x, offset[0] + j * loop.step(0) + k * along, bytes), 1, at(y, i + j, bytes), 1);
    }
  });
}

// Integers are given as unsigned ones: their sums wrap around.
template <class T>
void scatter_add(int rank, const i64* layout, int axis, i64 bound, const void* px, const i64* index,
                 void* py) {
  const T* x = static_cast<const T*>(px);
  T* y = static_cast<T*>(py);
  const i64 along = layout[3 * rank + axis];
  i64 moved[4 * kMaxRank];
  for (int d = 0; d < 4 * rank; ++d) moved[d] = layout[d];
  moved[3 * rank + axis] = 0;
  const Loop<3> loop(rank, moved);
  loop.each(0, loop.count, [&](i64, i64 n, const i64* offset) {
    for (i64 j = 0; j < n; ++j) {
      const i64 k = index[offset[1] + j * loop.step(1)];
      if (k < 0 || k >= bound) throw BadIndex{k};
      T& sum = y[offset[2] + j * loop.step(2) + k * along];
      sum = static_cast<T>(sum + x[offset[0] + j * loop.step(0)]);
    }
  });
}

}  // namespace
}  // namespace th

using namespace th;

extern "C" {

void th_copy(int32_t dtype, int32_t rank, const long long* layout, const void* x, void* y,
             th_error* error) noexcept {
  guard(error, [&] { copy(dtype, rank, layout, x, y); });
}

void th_fill(int32_t dtype, long long count, double value, void* y, th_error* error) noexcept {
  guard(error, [&] { fill(dtype, count, value, y); });
}

void th_gather(int32_t dtype, int32_t rank, const long long* layout, int32_t axis, long long bound,
               const void* x, const long long* index, void* y, th_error* error) noexcept {
  guard(error, [&] { gather(dtype, rank, layout, axis, bound, x, index, y); });
}

void th_scatter_add(int32_t dtype, int32_t rank, const long long* layout, int32_t axis,
                    long long bound, const void* x, const long long* index, void* y,
                    th_error* error) noexcept {
  guard(error, [&] {
    const auto run = dtype == kF32   ? scatter_add<float>
                     : dtype == kF64 ? scatter_add<double>
                     : dtype == kI32 ? scatter_add<uint32_t>
                     : dtype == kI64 ? scatter_add<uint64_t>
                                     : scatter_add<uint8_t>;
    run(rank, layout, axis, bound, x, index, y);
  });
}

}  // extern "C"
