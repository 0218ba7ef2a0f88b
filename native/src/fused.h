// A run of elementwise ops as one pass over memory: tiles that stay in the first-level cache go
// through all of them, by the same inner loops as op by op, so that the bits are the same.
#pragma once

#include "kernels.h"

namespace th {

// Takes the next of the words that a program is made of.
struct Words {
  const i64* next;

  i64 take() { return *next++; }
  int small() { return static_cast<int>(*next++); }
  const i64* take(i64 n) {
    const i64* words = next;
    next += n;
    return words;
  }
  // A place: the number of a memory, and bytes from there.
  char* place(void* const* memory) {
    char* base = static_cast<char*>(memory[small()]);
    return base + take();
  }
};

// Words: count, registers, bytes of the widest element, operands, ops; for each operand
//   FLAT    0, dtype, place                           one element after the other
//   ONE     1, dtype, place                           the same for all
//   NUMBER  2, dtype, bits of a double                the same for all
//   WALK    3, dtype, place, rank, sizes, strides     as they lie; has the next register, from 0 on
// and for each op: family, code, dtype of its operands, their values, dtype of the result, then 0
// and a register, or 1 and a place, or 2 where the caller says. Values are operands, then results,
// in order. A select has three operands, a family of two has two.
class Fused {
 public:
  static constexpr int kMostOperands = 48, kMostWalks = 16, kMostOps = 96, kMostRegisters = 112;

  Fused(Words& words, void* const* memory);

  i64 count() const { return count_; }

  // Elements [begin, end); any number of threads may take different ones. Results that are the
  // caller's to place go to `aside`, the first one at its start.
  void run(i64 begin, i64 end, char* aside = nullptr) const;

 private:
  struct Operand {
    char* base;
    i64 bytes, step;
    int walk;  // −1 for none
  };
  struct Op {
    int family, a, b, c;
    union {
      UnaryFn unary;
      BinaryFn binary;
      SelectFn select;
    };
    enum { kRegister, kPlace, kAside, kStream } where;
    char* target;
    i64 bytes;
    int place;  // which register
  };

  void tile(i64 begin, i64 n, char* registers, char* aside) const;
  const char* load(const Operand& x, i64 begin, i64 n, char* aside, i64& step) const;
  static void read(Op& f, Words& words, void* const* memory);
  bool is_streamed(const Op& f) const;

  i64 count_, register_bytes_, tile_, aside_bytes_ = 0;
  int operands_, ops_, walks_ = 0, streams_ = 0;
  Operand operand_[kMostOperands];
  Op op_[kMostOps];
  double number_[kMostOperands];
  Loop<1> walk_[kMostWalks];
};

}  // namespace th
