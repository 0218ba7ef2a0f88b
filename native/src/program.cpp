// Programs: the steps of a graph, one after the other, in one call.
#include <cstring>

#include "error.h"
#include "fused.h"
#include "kernels.h"
#include "matmul.h"
#include "parallel.h"
#include "reductions.h"

namespace th {
namespace {

// dtype, batch rank, m, n, k, A, B, C, layout; then 1 and what is done to C, or 0.
void matmul_step(Words& w, void* const* memory) {
  const int dtype = w.small(), rank = w.small();
  const i64 m = w.take(), n = w.take(), k = w.take();
  const char *a = w.place(memory), *b = w.place(memory);
  char* c = w.place(memory);
  const i64* layout = w.take(rank + 2 * (rank + 2));
  if (w.take() == 0) {
    matmul(dtype, rank, layout, m, n, k, a, b, c, nullptr);
  } else {
    const Fused after(w, memory);
    matmul(dtype, rank, layout, m, n, k, a, b, c, &after);
  }
}

void fused_step(Words& w, void* const* memory) {
  const Fused f(w, memory);
  parallel_ranges(f.count(), kGrain, [&](i64 begin, i64 end) { f.run(begin, end); });
}

// op, dtype, rank, axes, y, layout; then what makes x.
void reduce_step(Words& w, void* const* memory) {
  const int op = w.small(), dtype = w.small(), rank = w.small(), axes = w.small();
  char* y = w.place(memory);
  const i64* layout = w.take(2 * rank);
  const Fused x(w, memory);
  reduce_fused(op, dtype, rank, layout, axes, x, y);
}

void step(Words& w, void* const* memory, th_error* error) {
  const int kind = w.small();
  switch (kind) {
    case TH_STEP_FUSED:
      guard(error, [&] { fused_step(w, memory); });
      return;
    case TH_STEP_MATMUL:
      guard(error, [&] { matmul_step(w, memory); });
      return;
    case TH_STEP_FUSED_REDUCE:
      guard(error, [&] { reduce_step(w, memory); });
      return;
    case TH_STEP_FILL: {  // dtype, count, bits of the value, y
      const int dtype = w.small();
      const i64 count = w.take();
      double value;
      std::memcpy(&value, w.take(1), sizeof value);
      th_fill(dtype, count, value, w.place(memory), error);
      return;
    }
    case TH_STEP_RANDOM: {  // kind, dtype, count, key, low, range, y
      const int numbers = w.small(), dtype = w.small();
      const i64 count = w.take(), key = w.take(), low = w.take(), range = w.take();
      th_random(numbers, dtype, count, key, low, range, w.place(memory), error);
      return;
    }
    default:
      break;
  }
  // All others: a parameter or two, dtype, rank, x, y, layout.
  const int parameter = w.small(), dtype = w.small(), rank = w.small();
  const char* x = w.place(memory);
  char* y = w.place(memory);
  switch (kind) {
    case TH_STEP_REDUCE: {  // op; axes
      const int axes = w.small();
      th_reduce(parameter, dtype, rank, w.take(2 * rank), axes, x, y, error);
      break;
    }
    case TH_STEP_SOFTMAX: {  // log; axis
      const int axis = w.small();
      th_softmax(parameter, dtype, rank, w.take(2 * rank), axis, x, y, error);
      break;
    }
    case TH_STEP_CUMSUM:  // axis
      th_cumsum(dtype, rank, w.take(2 * rank), parameter, x, y, error);
      break;
    case TH_STEP_COPY:  // 0
      th_copy(dtype, rank, w.take(3 * rank), x, y, error);
      break;
    case TH_STEP_GATHER: {  // axis; bound, index
      const i64 bound = w.take();
      const auto* index = reinterpret_cast<const long long*>(w.place(memory));
      th_gather(dtype, rank, w.take(3 * rank), parameter, bound, x, index, y, error);
      break;
    }
    default: {  // TH_STEP_SCATTER_ADD: axis; bound, index
      const i64 bound = w.take();
      const auto* index = reinterpret_cast<const long long*>(w.place(memory));
      th_scatter_add(dtype, rank, w.take(4 * rank), parameter, bound, x, index, y, error);
    }
  }
}

}  // namespace
}  // namespace th

extern "C" int32_t th_run(const long long* program, int32_t steps, void* const* memory,
                          th_error* error) noexcept {
  th::Words words{program};
  error->code = TH_OK;
  for (int32_t done = 0; done < steps; ++done) {
    th::step(words, memory, error);
    if (error->code != TH_OK) return done;
  }
  return steps;
}
