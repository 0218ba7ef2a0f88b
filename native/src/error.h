// Failures inside the library are C++ exceptions; guard, which every entry point goes through,
// turns them into a th_error at the C boundary.
#pragma once

#include <cstdio>
#include <exception>
#include <new>

#include "entry.h"
#include "thimble.h"

namespace th {

struct OutOfMemory {
  long long bytes;
};
struct BadIndex {
  long long index;
};
struct NoBlas {
  const char* path;
  const char* why;
};

template <class... Args>
void fail(th_error* error, int32_t code, long long value, const char* format,
          Args... args) noexcept {
  error->code = code;
  error->value = value;
  std::snprintf(error->text, sizeof error->text, format, args...);
}

template <class Body>
void guard(th_error* error, Body body) noexcept {
  enter();
  error->code = TH_OK;
  try {
    body();
  } catch (const OutOfMemory& e) {
    th_memory_stats stats;
    th_memory(&stats);
    fail(error, TH_OUT_OF_MEMORY, stats.live, "%lld bytes asked for, %lld in use of %lld", e.bytes,
         stats.live, stats.limit);
  } catch (const BadIndex& e) {
    fail(error, TH_BAD_INDEX, e.index, "index %lld", e.index);
  } catch (const NoBlas& e) {
    fail(error, TH_NO_BLAS, 0, "%s: %s", e.path, e.why);
  } catch (const std::bad_alloc&) {
    fail(error, TH_OUT_OF_MEMORY, 0, "%s", "the C++ heap is full");
  } catch (const std::exception& e) {
    fail(error, TH_INTERNAL, 0, "%s", e.what());
  } catch (...) {
    fail(error, TH_INTERNAL, 0, "%s", "unknown C++ exception");
  }
}

}  // namespace th
