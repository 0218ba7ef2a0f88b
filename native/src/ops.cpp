// The C entry points of the elementwise and moving families: a loop over the index space, in chunks
// on the pool, around an inner loop from the table of kernels.
#include "error.h"
#include "kernels.h"
#include "loop.h"
#include "parallel.h"

namespace th {
namespace {

// Elements to a chunk: enough that handing it out costs nothing beside the work.
constexpr i64 kGrain = 32768;

template <int K, class Run>
void each_parallel(const Loop<K>& loop, const Run& run) {
  parallel_ranges(loop.count, kGrain, [&](i64 begin, i64 end) { loop.each(begin, end, run); });
}

void zip(BinaryFn f, i64 in_bytes, i64 out_bytes, int32_t rank, const i64* layout, const void* a,
         const void* b, void* y) {
  const Loop<2> loop(rank, layout);
  each_parallel(loop, [&](i64 i, i64 n, const i64* offset) {
    f(n, at(a, offset[0], in_bytes), loop.step(0), at(b, offset[1], in_bytes), loop.step(1),
      at(y, i, out_bytes));
  });
}

void map(UnaryFn f, i64 in_bytes, i64 out_bytes, int32_t rank, const i64* layout, const void* x,
         void* y) {
  const Loop<1> loop(rank, layout);
  each_parallel(loop, [&](i64 i, i64 n, const i64* offset) {
    f(n, at(x, offset[0], in_bytes), loop.step(0), at(y, i, out_bytes));
  });
}

void copy(int dtype, const Loop<2>& loop, const void* x, void* y) {
  const i64 bytes = byte_size(dtype);
  const CopyFn f = kernels().copy[dtype];
  each_parallel(loop, [&](i64, i64 n, const i64* offset) {
    f(n, at(x, offset[0], bytes), loop.step(0), at(y, offset[1], bytes), loop.step(1));
  });
}

}  // namespace
}  // namespace th

using namespace th;

extern "C" {

void th_unary(int32_t op, int32_t dtype, int32_t rank, const long long* layout, const void* x,
              void* y, th_error* error) noexcept {
  guard(error, [&] {
    map(kernels().unary[dtype][op], byte_size(dtype), byte_size(dtype), rank, layout, x, y);
  });
}

void th_binary(int32_t op, int32_t dtype, int32_t rank, const long long* layout, const void* a,
               const void* b, void* y, th_error* error) noexcept {
  guard(error, [&] {
    zip(kernels().binary[dtype][op], byte_size(dtype), byte_size(dtype), rank, layout, a, b, y);
  });
}

void th_scalar(int32_t op, int32_t dtype, int32_t rank, const long long* layout, const void* x,
               double s, int32_t left, void* y, th_error* error) noexcept {
  guard(error, [&] {
    const i64 bytes = byte_size(dtype);
    const float s32 = static_cast<float>(s);
    const void* number = dtype == kF32 ? static_cast<const void*>(&s32) : &s;
    const bool square = op == static_cast<int>(Binary::POW) && !left && s == 2;
    const BinaryFn f = kernels().binary[dtype][square ? static_cast<int>(Binary::MUL) : op];
    const Loop<1> loop(rank, layout);
    each_parallel(loop, [&](i64 i, i64 n, const i64* offset) {
      const void* xi = at(x, offset[0], bytes);
      void* yi = at(y, i, bytes);
      if (square) {
        f(n, xi, loop.step(0), xi, loop.step(0), yi);
      } else if (left) {
        f(n, number, 0, xi, loop.step(0), yi);
      } else {
        f(n, xi, loop.step(0), number, 0, yi);
      }
    });
  });
}

void th_compare(int32_t op, int32_t dtype, int32_t rank, const long long* layout, const void* a,
                const void* b, void* y, th_error* error) noexcept {
  guard(error,
        [&] { zip(kernels().compare[dtype][op], byte_size(dtype), 1, rank, layout, a, b, y); });
}

void th_select(int32_t dtype, int32_t rank, const long long* layout, const void* c, const void* a,
               const void* b, void* y, th_error* error) noexcept {
  guard(error, [&] {
    const i64 bytes = byte_size(dtype);
    const SelectFn f = kernels().select[dtype];
    const Loop<3> loop(rank, layout);
    each_parallel(loop, [&](i64 i, i64 n, const i64* offset) {
      f(n, at(c, offset[0], 1), loop.step(0), at(a, offset[1], bytes), loop.step(1),
        at(b, offset[2], bytes), loop.step(2), at(y, i, bytes));
    });
  });
}

void th_cast(int32_t from, int32_t to, int32_t rank, const long long* layout, const void* x,
             void* y, th_error* error) noexcept {
  guard(error,
        [&] { map(kernels().cast[from][to], byte_size(from), byte_size(to), rank, layout, x, y); });
}

void th_copy(int32_t dtype, int32_t rank, const long long* layout, const void* x, void* y,
             th_error* error) noexcept {
  guard(error, [&] { copy(dtype, Loop<2>(rank, layout), x, y); });
}

void th_fill(int32_t dtype, long long count, double value, void* y, th_error* error) noexcept {
  guard(error, [&] {
    const i64 layout[2] = {count, 0};
    map(kernels().cast[kF64][dtype], 8, byte_size(dtype), 1, layout, &value, y);
  });
}

void th_gather(int32_t dtype, int32_t rank, const long long* layout, int32_t axis, long long bound,
               const void* x, const long long* index, void* y, th_error* error) noexcept {
  guard(error, [&] {
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
  });
}

void th_scatter_add(int32_t dtype, int32_t rank, const long long* layout, int32_t axis,
                    long long bound, const void* x, const long long* index, void* y,
                    th_error* error) noexcept {
  guard(error, [&] {
    const i64 bytes = byte_size(dtype), along = layout[3 * rank + axis];
    i64 moved[4 * kMaxRank];
    for (int d = 0; d < 4 * rank; ++d) moved[d] = layout[d];
    moved[3 * rank + axis] = 0;
    const Loop<3> loop(rank, moved);
    const BinaryFn add = kernels().binary[dtype][static_cast<int>(Binary::ADD)];
    loop.each(0, loop.count, [&](i64, i64 n, const i64* offset) {
      for (i64 j = 0; j < n; ++j) {
        const i64 k = index[offset[1] + j * loop.step(1)];
        if (k < 0 || k >= bound) throw BadIndex{k};
        char* target = at(y, offset[2] + j * loop.step(2) + k * along, bytes);
        alignas(8) char sum[8];
        add(1, target, 1, at(x, offset[0] + j * loop.step(0), bytes), 1, sum);
        for (i64 b = 0; b < bytes; ++b) target[b] = sum[b];
      }
    });
  });
}

}  // extern "C"
