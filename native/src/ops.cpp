// The C entry points of the elementwise family: a loop over the index space, in chunks on the pool,
// around an inner loop from the table of kernels.
#include "error.h"
#include "kernels.h"
#include "loop.h"
#include "parallel.h"

namespace th {
namespace {

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

}  // extern "C"
