// Threads that run one function together.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "bench.h"

namespace tb {

// A fixed number of threads, the caller among them. Between two calls of run() the others poll for
// some 50 µs, as Thimble's pool does, and then sleep; within one they spin.
class Team {
 public:
  explicit Team(int threads);

  int size() const { return threads_; }

  // Runs work(t) for t = 0 .. size() - 1, number 0 on the caller.
  template <class Work>
  void run(const Work& work) {
    start([](const void* w, int t) { (*static_cast<const Work*>(w))(t); }, &work);
  }

  // Runs work(begin, end) on even shares of 0 .. count - 1, cut at multiples of `grain`.
  template <class Work>
  void share(i64 count, i64 grain, const Work& work) {
    const i64 grains = (count + grain - 1) / grain;
    const auto cut = [&](int t) {
      const i64 at = grains * t / threads_ * grain;
      return at < count ? at : count;
    };
    run([&](int t) { work(cut(t), cut(t + 1)); });
  }

  // Returns when all threads have called it.
  void barrier();

 private:
  using Job = void (*)(const void*, int);

  void start(Job job, const void* context);
  void serve(int t);

  const int threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Job job_ = nullptr;
  const void* context_ = nullptr;
  alignas(128) std::atomic<i64> jobs_{0};
  alignas(128) std::atomic<int> arrived_{0};
  alignas(128) std::atomic<unsigned> turn_{0};
};

// The team of that many threads; it lives as long as the process.
Team& team(int threads);

}  // namespace tb
