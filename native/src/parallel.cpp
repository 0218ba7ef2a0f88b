#include "parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif
#if !defined(_WIN32)
#include <signal.h>
#endif

namespace th {
namespace {

// A worker inherits a mask that blocks every signal: they are the host program's business.
class SignalsBlocked {
 public:
#if defined(_WIN32)
  SignalsBlocked() {}
#else
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
#endif
};

void pause_cpu() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Polls `done` for about 50 µs: long enough to bridge the gap to the next job of a busy program,
// too short to be seen beside anything else that wants the core.
template <class Done>
bool spin(Done done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  do {
    for (int i = 0; i < 64; ++i) {
      if (done()) return true;
      pause_cpu();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

constexpr int kMostThreads = 256;  // the caller's included

class Pool {
 public:
  void set_threads(int count) {
    while (busy_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
    wanted_ = count - 1;
    busy_.store(false, std::memory_order_release);
  }

  int threads() const { return wanted_ + 1; }

  void run(i64 chunks, detail::Job job, const void* context) {
    if (busy_.exchange(true, std::memory_order_acquire)) {
      for (i64 c = 0; c < chunks; ++c) job(context, c);
      return;
    }
    grow();
    job_ = job;
    context_ = context;
    deal(chunks);
    // Open for helpers: from here until closed, a worker may enter.
    const auto generation = generation_.load(std::memory_order_relaxed) + 1;
    generation_.store(generation, std::memory_order_seq_cst);
    if (parked_.load(std::memory_order_seq_cst) > 0) {
      std::lock_guard<std::mutex> lock(park_);
      wake_.notify_all();
    }
    take(0);
    // Close, then wait for the workers that are still inside.
    closed_.store(generation, std::memory_order_seq_cst);
    while (inside_.load(std::memory_order_seq_cst) > 0)
      if (!spin([&] { return inside_.load(std::memory_order_acquire) == 0; }))
        std::this_thread::yield();
    busy_.store(false, std::memory_order_release);
  }

 private:
  // The chunks that one thread takes first, in order.
  struct alignas(64) Share {
    std::atomic<i64> next{0};
    i64 end = 0;
  };

  void grow() {
    if (started_ >= wanted_) return;
    SignalsBlocked blocked;
    for (; started_ < wanted_; ++started_) {
      try {
        std::thread([this, index = started_] { work(index); }).detach();
      } catch (...) {  // no more threads to be had: fewer do the work, with the same result
        wanted_ = started_;
        return;
      }
    }
  }

  // Each thread's share is the same in every job of as many chunks, so that it finds in its cache
  // what it left there.
  void deal(i64 chunks) {
    dealt_ = static_cast<int>(std::min<i64>(wanted_ + 1, chunks));
    for (int t = 0; t < dealt_; ++t) {
      shares_[t].next.store(chunks * t / dealt_, std::memory_order_relaxed);
      shares_[t].end = chunks * (t + 1) / dealt_;
    }
  }

  // Does the share of a thread, and then what others have left of theirs.
  void take(int thread) {
    for (int i = 0; i < dealt_; ++i) {
      Share& share = shares_[(thread + i) % dealt_];
      if (share.next.load(std::memory_order_relaxed) >= share.end) continue;
      for (i64 c; (c = share.next.fetch_add(1, std::memory_order_relaxed)) < share.end;)
        job_(context_, c);
    }
  }

  [[noreturn]] void work(int index) {
    unsigned long long seen = 0;
    for (;;) {
      auto fresh = [&] { return generation_.load(std::memory_order_acquire) != seen; };
      if (!spin(fresh)) {
        std::unique_lock<std::mutex> lock(park_);
        parked_.fetch_add(1, std::memory_order_seq_cst);
        wake_.wait(lock, fresh);
        parked_.fetch_sub(1, std::memory_order_seq_cst);
      }
      inside_.fetch_add(1, std::memory_order_seq_cst);
      seen = generation_.load(std::memory_order_seq_cst);
      // A job that has been closed meanwhile is not entered: its chunks and context may be gone.
      if (closed_.load(std::memory_order_seq_cst) != seen && index < wanted_)
        take(index + 1);
      inside_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::atomic<bool> busy_{false};  // taken by the caller whose job runs
  std::atomic<int> wanted_{
      std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMostThreads) - 1};
  int started_ = 0;

  detail::Job job_ = nullptr;
  const void* context_ = nullptr;
  int dealt_ = 1;  // how many shares the job has
  Share shares_[kMostThreads];
  alignas(64) std::atomic<unsigned long long> generation_{0};
  std::atomic<unsigned long long> closed_{0};
  alignas(64) std::atomic<int> inside_{0};

  std::mutex park_;
  std::condition_variable wake_;
  std::atomic<int> parked_{0};
};

// Never destroyed: workers are daemons and outlive main.
Pool& pool() {
  static Pool* const p = new Pool;
  return *p;
}

}  // namespace

void set_threads(int count) { pool().set_threads(count); }

int threads() { return pool().threads(); }

void detail::run_parallel(i64 chunks, Job job, const void* context) {
  pool().run(chunks, job, context);
}

}  // namespace th
