// What the tests that every row of the algorithm table must pass have in common.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "movrec/model/table/algorithm.hpp"
#include "support/options.hpp"

namespace movrec::test {

constexpr std::int32_t kSide = 30;

/// 30 x 30: stars 5 where user + item is even, else 1. The diagonal is withheld: its right answer is 5. The
/// last user and the last item have no ratings.
inline Ratings checkerboard() {
  Ratings ratings;
  ratings.n_users = ratings.n_items = kSide + 1;
  for (int repeat = 0; repeat < 2; ++repeat)
    for (std::int32_t user = 0; user < kSide; ++user)
      for (std::int32_t item = 0; item < kSide; ++item) {
        if (user == item) continue;
        ratings.users.push_back(UserIdx{user});
        ratings.items.push_back(ItemIdx{item});
        ratings.stars.push_back((user + item) % 2 == 0 ? 5.F : 1.F);
      }
  return ratings;
}

/// A row of the table, and the solver that fits it (empty: the only one).
struct FittedBy {
  Algorithm algorithm;
  std::string solver;
};

class EveryAlgorithm : public testing::TestWithParam<FittedBy> {
 protected:
  EveryAlgorithm() : train_(checkerboard()) {
    spec_ = {std::string(row().name),
             default_options(row(), GetParam().solver),
             train_.n_users,
             train_.n_items,
             {1, 5}};
    set({{"embedding-dim", "8"},
         {"layers", "16,16,8"},
         {"init-std", "0.3"},
         {"epochs", "24"},
         {"batch-size", "64"},
         {"lr", "0.02"},
         {"embedding-l2", "0"},
         {"sweeps", "100"}});
  }

  const Algorithm& row() const { return GetParam().algorithm; }
  bool uses(std::string_view option) const { return spec_.options.has(option); }
  /// Those that it uses.
  void set(std::initializer_list<std::pair<std::string_view, std::string_view>> options) {
    set_known(spec_.options, options);
  }
  std::unique_ptr<Model> fit() { return row().fit({.spec = spec_, .train = train_}); }

  std::vector<float> scores(const Model& model) const {
    std::vector<UserQuery> users;
    for (std::int32_t user = 0; user <= kSide; ++user) users.push_back({UserIdx{user}});
    users.push_back({kNoUser});
    std::vector<float> out(users.size() * static_cast<std::size_t>(train_.n_items));
    model.score(users, out);
    return out;
  }
  std::vector<float> predictions(const Model& model) const {
    std::vector<UserIdx> users;
    std::vector<ItemIdx> items;
    for (std::int32_t user = 0; user <= kSide + 1; ++user)
      for (std::int32_t item = 0; item <= kSide; ++item) {
        users.push_back(user > kSide ? kNoUser : UserIdx{user});
        items.push_back(ItemIdx{item});
      }
    std::vector<float> out(users.size());
    model.predict(users, items, out);
    return out;
  }

  Ratings train_;
  ModelSpec spec_;
};

}  // namespace movrec::test
