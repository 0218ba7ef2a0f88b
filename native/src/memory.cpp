#include "memory.h"

#include <bit>
#include <cstdlib>
#include <mutex>

#include "error.h"
#include "thimble.h"

#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

namespace th {
namespace {

constexpr i64 kSmallest = 64;
constexpr i64 kHuge = i64{2} << 20;
constexpr i64 kLargest = i64{1} << 47;  // more than any address space
constexpr int kClasses = 4 * 41 + 1;

// Four classes to a power of two: 64, 80, 96, 112, 128, 160, …, so at most a quarter is unused.
struct SizeClass {
  int index;
  i64 bytes;
};

SizeClass size_class(i64 bytes) {
  if (bytes <= kSmallest) return {0, kSmallest};
  const int log = static_cast<int>(std::bit_width(static_cast<unsigned long long>(bytes - 1))) - 1;
  const i64 quarter = (i64{1} << log) / 4;
  const i64 quarters = (bytes + quarter - 1) / quarter;  // 5 to 8
  return {4 * (log - 6) + static_cast<int>(quarters) - 4, quarters * quarter};
}

void* system_allocate(i64 bytes) {
  const i64 alignment = bytes >= kHuge ? kHuge : 64;
#if defined(_WIN32)
  return _aligned_malloc(static_cast<size_t>(bytes), static_cast<size_t>(alignment));
#else
  void* block = nullptr;
  if (posix_memalign(&block, static_cast<size_t>(alignment), static_cast<size_t>(bytes)) != 0)
    return nullptr;
#if defined(__linux__)
  if (bytes >= kHuge) madvise(block, static_cast<size_t>(bytes), MADV_HUGEPAGE);
#endif
  return block;
#endif
}

void system_release(void* block) {
#if defined(_WIN32)
  _aligned_free(block);
#else
  std::free(block);
#endif
}

class Cache {
 public:
  void* allocate(i64 bytes) {
    if (bytes > kLargest) return nullptr;
    const SizeClass c = size_class(bytes);
    std::lock_guard<std::mutex> lock(mutex_);
    if (fail_after_ > 0 && --fail_after_ == 0) return nullptr;
    Block* block = free_[c.index];
    if (block != nullptr) {
      free_[c.index] = block->next;
      stats_.cached -= c.bytes;
    } else {
      if (c.bytes > stats_.limit - stats_.live - stats_.cached) trim();
      if (c.bytes > stats_.limit - stats_.live) return nullptr;
      void* fresh = system_allocate(c.bytes);
      if (fresh == nullptr && stats_.cached > 0) {
        trim();
        fresh = system_allocate(c.bytes);
      }
      if (fresh == nullptr) return nullptr;
      block = static_cast<Block*>(fresh);
    }
    ++stats_.allocations;
    stats_.live += c.bytes;
    if (stats_.live > stats_.peak) stats_.peak = stats_.live;
    return block;
  }

  void release(void* p, i64 bytes) {
    const SizeClass c = size_class(bytes);
    std::lock_guard<std::mutex> lock(mutex_);
    stats_.live -= c.bytes;
    // The limit may have been lowered meanwhile.
    if (!keep_ || c.bytes > stats_.limit - stats_.live - stats_.cached) {
      system_release(p);
      return;
    }
    Block* block = static_cast<Block*>(p);
    block->next = free_[c.index];
    free_[c.index] = block;
    stats_.cached += c.bytes;
  }

  void trim_all() {
    std::lock_guard<std::mutex> lock(mutex_);
    trim();
  }

  void set_limit(i64 bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    stats_.limit = bytes;
    if (stats_.live + stats_.cached > bytes) trim();
  }

  void set_keep(bool keep) {
    std::lock_guard<std::mutex> lock(mutex_);
    keep_ = keep;
    if (!keep) trim();
  }

  void fail_after(i64 allocations) {
    std::lock_guard<std::mutex> lock(mutex_);
    fail_after_ = allocations;
  }

  th_memory_stats stats() {
    std::lock_guard<std::mutex> lock(mutex_);
    return stats_;
  }

 private:
  struct Block {
    Block* next;
  };

  void trim() {
    for (Block*& first : free_) {
      while (first != nullptr) {
        Block* next = first->next;
        system_release(first);
        first = next;
      }
    }
    stats_.cached = 0;
  }

  std::mutex mutex_;
  bool keep_ = true;
  i64 fail_after_ = 0;  // that many allocations from now one fails; 0 for none
  Block* free_[kClasses] = {};
  th_memory_stats stats_{0, 0, 0, i64{1} << 62, 0};
};

Cache& cache() {
  static Cache* const c = new Cache;  // never destroyed: tensors may outlive static objects
  return *c;
}

}  // namespace

void* allocate(i64 bytes) { return cache().allocate(bytes); }

void release(void* block, i64 bytes) { cache().release(block, bytes); }

Scratch::Scratch(i64 bytes) : bytes_(bytes > 0 ? bytes : 1), block_(allocate(bytes_)) {
  if (block_ == nullptr) throw OutOfMemory{bytes_};
}

}  // namespace th

extern "C" {

void* th_alloc(long long bytes, th_error* error) noexcept {
  void* block = nullptr;
  th::guard(error, [&] {
    block = th::allocate(bytes);
    if (block == nullptr) throw th::OutOfMemory{bytes};
  });
  return block;
}

void th_free(void* block, long long bytes) noexcept { th::release(block, bytes); }

void th_trim(void) noexcept { th::cache().trim_all(); }

void th_memory_limit(long long bytes) noexcept { th::cache().set_limit(bytes); }

void th_memory(th_memory_stats* stats) noexcept { *stats = th::cache().stats(); }

void th_pool(int32_t keep) noexcept { th::cache().set_keep(keep != 0); }

void th_fail_allocation(long long n) noexcept { th::cache().fail_after(n); }

}  // extern "C"
