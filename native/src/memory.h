// The caching allocator: freed blocks are kept by size class, because a fresh page costs far more
// than the work done on it.
#pragma once

#include "loop.h"

namespace th {

// 64-byte aligned, not cleared; null where the limit or the machine does not give them.
void* allocate(i64 bytes);
void release(void* block, i64 bytes);

// A block for the length of a call. Throws OutOfMemory.
class Scratch {
 public:
  explicit Scratch(i64 bytes);
  ~Scratch() { release(block_, bytes_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void* get() const { return block_; }

 private:
  i64 bytes_;
  void* block_;
};

}  // namespace th
