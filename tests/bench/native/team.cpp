#include "team.h"

#include <chrono>
#include <map>
#include <thread>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace tb {
namespace {

void pause_cpu() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Polls until `done`, giving the core away now and then in case there are fewer cores than threads.
template <class Done>
void spin_until(Done done) {
  for (int i = 1; !done(); ++i) {
    if (i % 1024 == 0) std::this_thread::yield();
    pause_cpu();
  }
}

// Polls for 50 µs; returns whether `done`.
template <class Done>
bool spin_briefly(Done done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  do {
    for (int i = 0; i < 64; ++i) {
      if (done()) return true;
      pause_cpu();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

}  // namespace

Team::Team(int threads) : threads_(threads) {
  for (int t = 1; t < threads; ++t) std::thread([this, t] { serve(t); }).detach();
}

void Team::start(Job job, const void* context) {
  {
    const std::scoped_lock lock(mutex_);
    job_ = job;
    context_ = context;
    jobs_.fetch_add(1, std::memory_order_release);
  }
  wake_.notify_all();
  job(context, 0);
  barrier();
}

void Team::barrier() {
  const unsigned turn = turn_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    arrived_.store(0, std::memory_order_relaxed);
    turn_.store(turn + 1, std::memory_order_release);
  } else {
    spin_until([&] { return turn_.load(std::memory_order_acquire) != turn; });
  }
}

void Team::serve(int t) {
  for (i64 seen = 0;;) {
    const auto fresh = [&] { return jobs_.load(std::memory_order_acquire) != seen; };
    if (!spin_briefly(fresh)) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, fresh);
    }
    ++seen;
    job_(context_, t);
    barrier();
  }
}

Team& team(int threads) {
  static std::map<int, Team*> teams;
  Team*& found = teams[threads];
  if (found == nullptr) found = new Team(threads);
  return *found;
}

}  // namespace tb
