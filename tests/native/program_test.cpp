// Programs against the functions of their steps: the same bits, whatever is fused.
#include "operand.h"

namespace {

i64 bits(double x) {
  i64 word;
  std::memcpy(&word, &x, sizeof word);
  return word;
}

int32_t code(int32_t family, const char* name) {
  for (int32_t c = 0;; ++c)
    if (std::strcmp(th_op_name(family, c), name) == 0) return c;
}

// Memories are numbered as they are given; steps are appended as words.
struct Program {
  std::vector<i64> words;
  int32_t steps = 0;
  std::vector<void*> memory;

  void step(std::initializer_list<i64> more) {
    ++steps;
    words.insert(words.end(), more);
  }
  void run() {
    th_error error{};
    CHECK_EQ(th_run(words.data(), steps, memory.data(), &error), steps);
    CHECK_EQ(error.code, TH_OK);
  }
};

std::vector<float> some(i64 n, Random& random) {
  std::vector<float> x(static_cast<size_t>(n));
  for (float& v : x) v = static_cast<float>(random.below(2000)) / 500 - 2;
  return x;
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

constexpr i64 kFlat = 0, kNumber = 2, kWalk = 3, kRegister = 0, kPlace = 1, kAside = 2;
constexpr i64 kRows[] = {1, 3, 100, 700}, kColumns[] = {1, 5, 33, 128, 300, 5000};

// exp(x + row) * 1.5 into `where`, on rows × columns; memories 0 and 1 are x and the row.
void put_pass(std::vector<i64>& words, i64 rows, i64 columns, std::initializer_list<i64> where) {
  words.insert(words.end(), {rows * columns, 2, 4, 3, 3});
  words.insert(words.end(), {kFlat, TH_FLOAT32, 0, 0});
  words.insert(words.end(), {kWalk, TH_FLOAT32, 1, 0, 2, rows, columns, 0, 1});
  words.insert(words.end(), {kNumber, TH_FLOAT32, bits(1.5)});
  words.insert(words.end(), {TH_BINARY, code(TH_BINARY, "ADD"), TH_FLOAT32, 0, 1, TH_FLOAT32,
                             kRegister, 1});
  words.insert(words.end(), {TH_UNARY, code(TH_UNARY, "EXP"), TH_FLOAT32, 3, TH_FLOAT32,
                             kRegister, 1});
  words.insert(words.end(), {TH_BINARY, code(TH_BINARY, "MUL"), TH_FLOAT32, 4, 2, TH_FLOAT32});
  words.insert(words.end(), where);
}

// The same, a function each.
std::vector<float> pass(i64 rows, i64 columns, const std::vector<float>& x,
                        const std::vector<float>& row) {
  std::vector<float> y(x.size());
  const i64 two[] = {rows, columns, columns, 1, 0, 1}, one[] = {rows * columns, 1};
  th_binary(code(TH_BINARY, "ADD"), TH_FLOAT32, 2, two, x.data(), row.data(), y.data(), Ok());
  th_unary(code(TH_UNARY, "EXP"), TH_FLOAT32, 1, one, y.data(), y.data(), Ok());
  th_scalar(code(TH_BINARY, "MUL"), TH_FLOAT32, 1, one, y.data(), 1.5, 0, y.data(), Ok());
  return y;
}

}  // namespace

TEST(a_pass_has_the_bits_of_its_ops) {
  Random random(1);
  for (i64 rows : kRows)
    for (i64 columns : kColumns) {
      check::context = check::text(rows, " x ", columns);
      std::vector<float> x = some(rows * columns, random), row = some(columns, random), y(x.size());
      Program p;
      p.memory = {x.data(), row.data(), y.data()};
      p.step({TH_STEP_FUSED});
      put_pass(p.words, rows, columns, {kPlace, 2, 0});
      p.run();
      CHECK(same(y, pass(rows, columns, x, row)));
    }
}

TEST(a_pass_may_write_over_what_it_reads) {
  Random random(2);
  const i64 rows = 300, columns = 257;
  std::vector<float> x = some(rows * columns, random), row = some(columns, random);
  const std::vector<float> expected = pass(rows, columns, x, row);
  Program p;
  p.memory = {x.data(), row.data()};
  p.step({TH_STEP_FUSED});
  put_pass(p.words, rows, columns, {kPlace, 0, 0});
  p.run();
  CHECK(same(x, expected));
}

TEST(a_reduction_at_the_end_of_a_pass_has_its_bits) {
  Random random(3);
  for (const char* op : {"SUM", "MAX"})
    for (int32_t axes : {2, 3})
      for (i64 rows : kRows)
        for (i64 columns : kColumns) {
          if (columns < 32) continue;
          check::context = check::text(op, " of ", axes, ", ", rows, " x ", columns);
          std::vector<float> x = some(rows * columns, random), row = some(columns, random);
          std::vector<float> y(static_cast<size_t>(axes == 3 ? 1 : rows)), expected(y.size());
          Program p;
          p.memory = {x.data(), row.data(), y.data()};
          p.step({TH_STEP_FUSED_REDUCE, code(TH_REDUCE, op), TH_FLOAT32, 2, axes, 2, 0, rows,
                  columns, columns, 1});
          put_pass(p.words, rows, columns, {kAside});
          p.run();
          const i64 layout[] = {rows, columns, columns, 1};
          th_reduce(code(TH_REDUCE, op), TH_FLOAT32, 2, layout, axes,
                    pass(rows, columns, x, row).data(), expected.data(), Ok());
          CHECK(same(y, expected));
        }
}

TEST(a_pass_on_the_tiles_of_a_product_has_the_bits_of_both) {
  th_blas_open(TH_TEST_BLAS, Ok());
  Random random(4);
  const i64 sizes[][3] = {{1, 1, 1}, {100, 784, 100}, {100, 100, 10}, {784, 100, 300}, {33, 0, 40}};
  for (const auto& [m, k, n] : sizes) {
    check::context = check::text(m, " x ", k, " x ", n);
    std::vector<float> a = some(m * k, random), b = some(k * n, random), row = some(n, random);
    for (float& v : b) v /= 64;
    std::vector<float> c(static_cast<size_t>(m * n)), expected(c.size());
    a.resize(a.size() + 1);  // so that there is an address
    b.resize(b.size() + 1);
    Program p;
    p.memory = {c.data(), row.data(), a.data(), b.data()};
    p.step({TH_STEP_MATMUL, TH_FLOAT32, 0, m, n, k, 2, 0, 3, 0, 0, 0, k, 1, n, 1, 1});
    put_pass(p.words, m, n, {kPlace, 0, 0});
    p.run();
    const i64 layout[] = {k, 1, n, 1};
    th_matmul(TH_FLOAT32, 0, layout, m, n, k, a.data(), b.data(), expected.data(), Ok());
    CHECK(same(c, pass(m, n, expected, row)));
  }
}

TEST(a_step_that_fails_is_told) {
  std::vector<float> x(4), y(2);
  std::vector<long long> index = {1, 9};
  Program p;
  p.memory = {x.data(), y.data(), index.data()};
  p.step({TH_STEP_FILL, TH_FLOAT32, 4, bits(3), 0, 0});
  p.step({TH_STEP_GATHER, 0, TH_FLOAT32, 1, 0, 0, 1, 0, 4, 2, 0, 2, 1, 1});
  p.step({TH_STEP_FILL, TH_FLOAT32, 4, bits(5), 0, 0});
  th_error error{};
  CHECK_EQ(th_run(p.words.data(), p.steps, p.memory.data(), &error), 1);
  CHECK_EQ(error.code, TH_BAD_INDEX);
  CHECK_EQ(error.value, 9);
  CHECK_EQ(x[3], 3.0f);
}

TEST(threads_do_not_change_a_bit) {
  Random random(5);
  const i64 rows = 900, columns = 300;
  std::vector<float> x = some(rows * columns, random), row = some(columns, random), y(x.size());
  float sums[4];
  Program p;
  p.memory = {x.data(), row.data(), y.data(), nullptr};
  p.step({TH_STEP_FUSED_REDUCE, code(TH_REDUCE, "SUM"), TH_FLOAT32, 2, 3, 3, 0, rows, columns,
          columns, 1});
  put_pass(p.words, rows, columns, {kAside});
  for (int32_t threads = 1; threads <= 4; ++threads) {
    th_threads(threads, Ok());
    p.memory[3] = &sums[threads - 1];
    p.run();
    CHECK_EQ(std::memcmp(&sums[threads - 1], &sums[0], sizeof(float)), 0);
  }
}
