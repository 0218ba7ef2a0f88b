// Random numbers against Philox written out plainly, and against what uniform numbers have to be.
#include "operand.h"

#define TH_ISA baseline  // of the block function that is compiled into this test
#include "philox.h"

namespace {

using Word = uint32_t;
struct Block {
  Word word[4];
};

// As the paper has it, one word after another.
Block plain_philox(Block c, Word key0, Word key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c.word[0], p1 = uint64_t{0xCD9E8D57} * c.word[2];
    c = {{static_cast<Word>(p1 >> 32) ^ c.word[1] ^ key0, static_cast<Word>(p1),
          static_cast<Word>(p0 >> 32) ^ c.word[3] ^ key1, static_cast<Word>(p0)}};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}

Word word32(i64 key, i64 i) {
  const auto k = static_cast<uint64_t>(key), block = static_cast<uint64_t>(i / 4);
  const Block counter{{static_cast<Word>(block), static_cast<Word>(block >> 32), 0, 0}};
  return plain_philox(counter, static_cast<Word>(k), static_cast<Word>(k >> 32)).word[i % 4];
}

uint64_t word64(i64 key, i64 i) {
  return word32(key, 2 * i) | static_cast<uint64_t>(word32(key, 2 * i + 1)) << 32;
}

// The high half of a 128-bit product, by the four products of halves.
uint64_t high_product(uint64_t a, uint64_t b) {
  const uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
  const uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
  return a1 * b1 + (middle >> 32) + (((middle & 0xffffffff) + a0 * b1) >> 32);
}

struct Known {
  Block counter;
  Word key[2];
  Block result;
};
// The published answers.
const Known kKnown[] = {
    {{{0, 0, 0, 0}}, {0, 0}, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}}},
    {{{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}},
     {0xffffffff, 0xffffffff},
     {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}}},
    {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
     {0xa4093822, 0x299f31d0},
     {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}}};

template <class T>
Result<T> numbers(int32_t kind, i64 n, i64 key, i64 low = 0, i64 range = 1) {
  Result<T> y(n);
  th_random(kind, dtype_of<T>, n, key, low, range, y.data(), Ok());
  CHECK(y.intact());
  return y;
}

// The number that follows from the words, at every place of streams of many lengths.
template <class T, class Expected>
void check_numbers(int32_t kind, i64 low, i64 range, Expected expected) {
  for (i64 key : {i64{0}, i64{1}, i64{-1}, i64{0x299f31d0a4093822}})
    for (i64 n : {0, 1, 2, 3, 4, 5, 31, 32, 33, 64, 67, 1000, 32768, 32769, 70'001}) {
      const Result<T> y = numbers<T>(kind, n, key, low, range);
      for (i64 i = 0; i < n; i += n > 1000 && i > 200 && i < n - 200 ? 41 : 1) {
        check::context =
            check::text("kind ", kind, " bytes ", sizeof(T), " key ", key, " [", i, "] of ", n);
        CHECK_EQ(y[i], expected(key, i));
      }
    }
}

constexpr i64 kMany = 1'000'000;

// Mean, variance and correlation with the neighbour are within six standard deviations of those of
// numbers that are uniform in [0, 1) and independent; a sixteenth falls into each sixteenth.
template <class T>
void check_moments(i64 key) {
  check::context = check::text("bytes ", sizeof(T), " key ", key);
  const Result<T> y = numbers<T>(TH_UNIFORM, kMany, key);
  double sum = 0, squares = 0, products = 0;
  std::vector<i64> bins(16);
  for (i64 i = 0; i < kMany; ++i) {
    const double d = static_cast<double>(y[i]) - 0.5;
    if (!(d >= -0.5 && d < 0.5)) check::fail(__FILE__, __LINE__, check::text(y[i]));
    sum += d;
    squares += d * d;
    if (i > 0) products += d * (static_cast<double>(y[i - 1]) - 0.5);
    ++bins[static_cast<size_t>(y[i] * 16)];
  }
  const double n = static_cast<double>(kMany), root = std::sqrt(n);
  CHECK_NEAR(sum / n, 0.0, 6 * std::sqrt(1.0 / 12) / root);
  CHECK_NEAR(squares / n, 1.0 / 12, 6 * std::sqrt(1.0 / 180) / root);
  CHECK_NEAR(products / n, 0.0, 6 * (1.0 / 12) / root);
  for (i64 count : bins)
    CHECK_NEAR(static_cast<double>(count), n / 16, 6 * std::sqrt(n / 16 * 15 / 16));
}

}  // namespace

TEST(known_answers) {
  for (const Known& k : kKnown) {
    const Block plain = plain_philox(k.counter, k.key[0], k.key[1]);
    th::baseline::Blocks all{};
    for (size_t w = 0; w < 4; ++w) {
      CHECK_EQ(plain.word[w], k.result.word[w]);
      for (auto& group : all.word) group[w] += k.counter.word[w];
    }
    th::baseline::philox(all, k.key[0], k.key[1]);
    for (const auto& group : all.word)
      for (size_t w = 0; w < 4; ++w)
        for (int lane = 0; lane < th::baseline::kLanes; ++lane)
          CHECK_EQ(static_cast<Word>(group[w][lane]), k.result.word[w]);
  }
  const Result<int32_t> bits = numbers<int32_t>(TH_BITS, 4, 0);
  for (i64 i = 0; i < 4; ++i)
    CHECK_EQ(static_cast<Word>(bits[i]), kKnown[0].result.word[static_cast<size_t>(i)]);
}

TEST(bits_are_the_words_in_order) {
  check_numbers<int32_t>(TH_BITS, 0, 1,
                         [](i64 key, i64 i) { return static_cast<int32_t>(word32(key, i)); });
  check_numbers<int64_t>(TH_BITS, 0, 1,
                         [](i64 key, i64 i) { return static_cast<int64_t>(word64(key, i)); });
}

TEST(uniform_numbers_are_the_high_bits) {
  check_numbers<float>(TH_UNIFORM, 0, 1, [](i64 key, i64 i) {
    return static_cast<float>(word32(key, i) >> 8) * 0x1p-24f;
  });
  check_numbers<double>(TH_UNIFORM, 0, 1, [](i64 key, i64 i) {
    return static_cast<double>(word64(key, i) >> 11) * 0x1p-53;
  });
}

TEST(integers_are_scaled_words) {
  const i64 least = std::numeric_limits<i64>::min(), most = std::numeric_limits<i64>::max();
  for (const auto& [low, range] : {std::pair<i64, i64>{0, 10},
                                   {-5, 1},
                                   {1000, most},
                                   {least, -1},
                                   {-7, i64{1} << 40},
                                   {least, least}})
    check_numbers<int64_t>(TH_INTEGERS, low, range, [low = low, range = range](i64 key, i64 i) {
      const uint64_t above = high_product(word64(key, i), static_cast<uint64_t>(range));
      return static_cast<int64_t>(static_cast<uint64_t>(low) + above);
    });
  std::vector<i64> seen(7);
  const Result<int64_t> dice = numbers<int64_t>(TH_INTEGERS, kMany, 42, 0, 7);
  for (i64 i = 0; i < kMany; ++i) {
    CHECK(dice[i] >= 0 && dice[i] < 7);
    ++seen[static_cast<size_t>(dice[i])];
  }
  const double n = static_cast<double>(kMany);
  for (i64 count : seen)
    CHECK_NEAR(static_cast<double>(count), n / 7, 6 * std::sqrt(n / 7 * 6 / 7));
}

TEST(uniform_numbers_have_uniform_moments) {
  for (i64 key : {0, 1, 123456789}) {
    check_moments<float>(key);
    check_moments<double>(key);
  }
}

TEST(the_same_numbers_on_any_number_of_threads) {
  const i64 n = 500'003;
  threads(1);
  const Result<float> one = numbers<float>(TH_UNIFORM, n, 5);
  for (int count : {2, 3, 8}) {
    threads(count);
    CHECK(numbers<float>(TH_UNIFORM, n, 5).same_bits(one));
  }
  // A shorter stream is the beginning of a longer one.
  const Result<float> part = numbers<float>(TH_UNIFORM, 40'001, 5);
  for (i64 i = 0; i < part.size(); ++i) CHECK_EQ(part[i], one[i]);
}
