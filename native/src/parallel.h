// The one thread pool: a job is a number of chunks, fixed by the problem and never by the threads.
#pragma once

#include "loop.h"

namespace th {

// Calls run(chunk) for each chunk in [0, chunks), on any threads and in any order, the caller's
// included; returns when all are done. run must not throw. Where the pool is busy with another job
// the caller does all the work itself.
template <class Run>
void parallel(i64 chunks, const Run& run);

// The same for [0, count) cut into pieces of `grain`: run(begin, end).
template <class Run>
void parallel_ranges(i64 count, i64 grain, const Run& run) {
  parallel(divide_up(count, grain), [&](i64 chunk) {
    const i64 begin = chunk * grain;
    run(begin, count - begin < grain ? count : begin + grain);
  });
}

// Elements to a chunk: enough that handing it out costs nothing beside the work.
constexpr i64 kGrain = 32768;

// Loop::each over the whole index space, in chunks.
template <int K, class Run>
void each_parallel(const Loop<K>& loop, const Run& run) {
  parallel_ranges(loop.count, kGrain, [&](i64 begin, i64 end) { loop.each(begin, end, run); });
}

// How many threads a job may use, the caller's included.
void set_threads(int count);
int threads();

namespace detail {
using Job = void (*)(const void* context, i64 chunk);
void run_parallel(i64 chunks, Job job, const void* context);
}  // namespace detail

template <class Run>
void parallel(i64 chunks, const Run& run) {
  if (chunks == 1) {
    run(static_cast<i64>(0));
  } else if (chunks > 1) {
    detail::run_parallel(
        chunks, [](const void* f, i64 chunk) { (*static_cast<const Run*>(f))(chunk); }, &run);
  }
}

}  // namespace th
