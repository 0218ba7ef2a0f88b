// The C entry point of random numbers: fixed pieces of one stream, on the pool.
#include "error.h"
#include "kernels.h"
#include "parallel.h"

extern "C" void th_random(int32_t kind, int32_t dtype, long long count, long long key,
                          long long low, long long range, void* y, th_error* error) noexcept {
  th::guard(error, [&] {
    const th::RandomFn f = th::kernels().random[kind][dtype];
    th::parallel_ranges(count, th::kGrain, [&](long long begin, long long end) {
      f(begin, end - begin, key, low, range, th::at(y, begin, th::byte_size(dtype)));
    });
  });
}
