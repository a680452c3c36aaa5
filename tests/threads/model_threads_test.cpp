// Many threads ask one model. Under ThreadSanitizer, give it scripts/tsan.supp: LibTorch and OpenMP's runtime
// are not instrumented.
#include <gtest/gtest.h>

#include <omp.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "movrec/core/random.hpp"
#include "support/small_data.hpp"
#include "support/table_rows.hpp"

namespace movrec {
namespace {

constexpr int kAskers = 8;
constexpr std::size_t kQuestions = 1250;  ///< by each of the askers: 10,000 in all

enum class Kind { predict, score, score_items, best_items, similarities, history, demographics, deviations };
constexpr int kKinds = 8;

class ManyThreads : public testing::TestWithParam<test::TableRow> {
 protected:
  ManyThreads() : data_(test::small_dataset()), side_{data_.catalog, data_.user_features} {
    for (std::int32_t i = 0; i < data_.ratings.n_items; i += 3) some_.push_back(ItemIdx{i});
  }

  /// Question k of a model is the same whoever asks it, and when.
  std::vector<float> ask(const Model& model, std::size_t k) const {
    RandomStream random(7, k);
    const auto n_items = static_cast<std::size_t>(data_.ratings.n_items);
    const auto user = [&] { return UserIdx{draw(random, data_.ratings.n_users)}; };
    const auto item = [&] { return ItemIdx{draw(random, data_.ratings.n_items)}; };
    std::vector<UserQuery> queries{{user()}, {user()}, {kNoUser}};
    std::vector<ItemIdx> rated;
    std::vector<float> stars;
    switch (static_cast<Kind>(k % kKinds)) {
      case Kind::predict: {
        const std::vector<UserIdx> users{user(), user(), user(), kNoUser};
        const std::vector<ItemIdx> items{item(), item(), item(), item()};
        std::vector<float> out(users.size());
        model.predict(users, items, out);
        return out;
      }
      case Kind::score:
        return score(model, queries);
      case Kind::score_items: {
        std::vector<float> out(queries.size() * some_.size());
        model.score_items(queries, some_, out);
        return out;
      }
      case Kind::best_items: {
        const std::vector<std::span<const ItemIdx>> seen(queries.size());
        std::vector<float> out;
        for (const auto& list : model.best_items(queries, some_, seen, 5))
          for (const ScoredItem& one : list) {
            out.push_back(static_cast<float>(number(one.item)));
            out.push_back(one.score);
          }
        return out;
      }
      case Kind::similarities: {
        if (!model.knows_similarities()) return score(model, queries);
        std::vector<float> out(n_items);
        model.item_similarities(item(), out);
        return out;
      }
      case Kind::demographics:
        if (model.supports().demographics)
          queries[0].demographics = Demographics{static_cast<std::int16_t>(18 + random.below(40)), 'F', 1};
        [[fallthrough]];
      case Kind::history:
        for (const ItemIdx each : some_)
          if (random.below(3) == 0) {
            rated.push_back(each);
            stars.push_back(static_cast<float>(1 + random.below(5)));
          }
        if (model.supports().history) queries[1].history = History{rated, stars};
        return score(model, queries);
      case Kind::deviations: {
        if (!model.knows_deviations()) return score(model, queries);
        const std::vector<UserIdx> users{user(), user()};
        const std::vector<ItemIdx> items{item(), item()};
        std::vector<float> out(users.size());
        model.predict_deviations(users, items, {}, out);
        return out;
      }
    }
    return {};
  }

  /// Every answer of each asker, who asks in an order of his own.
  std::vector<std::vector<std::vector<float>>> ask_at_once(const Model& model, int threads_of_each) const {
    std::vector<std::vector<std::vector<float>>> answers(kAskers);
    std::atomic<int> ready{0};
    std::vector<std::thread> askers;
    for (int asker = 0; asker < kAskers; ++asker)
      askers.emplace_back([&, asker] {
        at::get_num_threads();  // LibTorch's first word in a thread sets OpenMP's number
        omp_set_num_threads(threads_of_each);
        std::vector<std::vector<float>>& mine = answers[static_cast<std::size_t>(asker)];
        mine.resize(kQuestions);
        ++ready;
        while (ready < kAskers) std::this_thread::yield();  // the first questions meet caches that are empty
        for (const std::uint32_t k : random_permutation(kQuestions, 1, static_cast<std::uint64_t>(asker)))
          mine[k] = ask(model, k);
      });
    for (std::thread& asker : askers) asker.join();
    return answers;
  }

  Dataset data_;
  SideInfo side_;
  std::vector<ItemIdx> some_;

 private:
  static std::int32_t draw(RandomStream& random, std::int32_t n) {
    return static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(n)));
  }
  static std::vector<float> score(const Model& model, std::span<const UserQuery> queries) {
    std::vector<float> out(queries.size() * static_cast<std::size_t>(model.n_items()));
    model.score(queries, out);
    return out;
  }
};

TEST_P(ManyThreads, GetTheAnswersOfOne) {
  at::set_num_threads(1);
  const Algorithm& row = GetParam().algorithm;
  const ModelSpec spec = test::small_spec(GetParam(), data_.ratings, data_.stars);
  const StateDict state = row.fit({.spec = spec, .train = data_.ratings, .side = &side_})->state();
  const auto alone = row.load(spec, state);
  std::vector<std::vector<float>> expected;
  for (std::size_t k = 0; k < kQuestions; ++k) expected.push_back(ask(*alone, k));
#ifdef __SANITIZE_THREAD__
  const std::vector<int> threads_of_each{1};  // its barriers are unknown to the sanitizer
#else
  const std::vector<int> threads_of_each{1, 2};
#endif
  for (const int threads : threads_of_each) {
    const auto together = row.load(spec, state);  // nobody has asked it anything
    const auto answers = ask_at_once(*together, threads);
    for (const auto& of_asker : answers)
      for (std::size_t k = 0; k < kQuestions; ++k)
        ASSERT_EQ(of_asker[k], expected[k]) << "question " << k << ", " << threads << " threads each";
  }
}

INSTANTIATE_TEST_SUITE_P(Table, ManyThreads, testing::ValuesIn(test::table_rows()), test::row_name);

}  // namespace
}  // namespace movrec
