#include <algorithm>
#include <cstring>

#include "movrec/core/error.hpp"
#include "movrec/solve/bfm/bfm_posterior.hpp"

namespace movrec {
namespace {

template <class T>
void put(StateDict& state, const std::string& name, const std::vector<T>& values) {
  state.set(name, StateArray::of(std::span<const T>(values), {std::ssize(values)}));
}
template <class T>
std::vector<T> take(const StateDict& state, const std::string& name, std::size_t n) {
  const auto values = state.values<T>(name, n);
  return {values.begin(), values.end()};
}
template <class T>
std::vector<T> take(const StateDict& state, const std::string& name) {
  const auto values = state.get(name).as<T>();
  return {values.begin(), values.end()};
}

void check_rows(const std::vector<std::int32_t>& rows, std::string_view name, std::int32_t n) {
  if (std::ranges::any_of(rows, [&](std::int32_t row) { return row < 0 || row >= n; }))
    fail(ErrorKind::model, "array '{}' of the checkpoint has an index outside 0 … {}", name, n - 1);
}

}  // namespace

void BfmPosterior::save(StateDict& state) const {
  put(state, "shape", std::vector<std::int32_t>{rank_, static_cast<std::int32_t>(n_draws())});
  put(state, "mean", std::vector<float>{mean_stars_});
  put(state, "levels", levels_);
  put(state, "user-rows", user_rows_);
  put(state, "item-rows", item_rows_);
  put(state, "days", days_);
  put(state, "user-days", user_days_);
  put(state, "w0", w0_);
  put(state, "noise", noise_);
  put(state, "cuts", cuts_);
  for (const Table& table : tables_) save(table, state);
  save(bag_, state);
  put(state, "own.mean", own_mean_);
  put(state, "own.variance", own_variance_);
  put(state, "side", side_);
  for (std::size_t k = 0; k < facts_.size(); ++k) {
    const std::string name(kBfmFacts[k]);
    put(state, name + ".values", facts_[k].of.values);
    put(state, name + ".features", facts_[k].of.features);
    put(state, name + ".numbers", facts_[k].numbers);
    put(state, name + ".means", facts_[k].means);
  }
}

void BfmPosterior::save(const Table& table, StateDict& state) {
  put(state, table.name + ".known", table.known);
  // Four codes to a number: checkpoints have no 8-bit arrays.
  std::vector<std::int32_t> packed((table.codes.size() + 3) / 4);
  if (!packed.empty()) std::memcpy(packed.data(), table.codes.data(), table.codes.size());
  put(state, table.name + ".codes", packed);
  put(state, table.name + ".scales", table.scales);
  put(state, table.name + ".a", table.a);
  put(state, table.name + ".mean", table.mean);
  put(state, table.name + ".variance", table.variance);
}

BfmPosterior::BfmPosterior(const StateDict& state, std::int32_t n_users, std::int32_t n_items) {
  const auto shape = state.values<std::int32_t>("shape", 2);
  if (shape[0] < 0 || shape[1] < 0)
    fail(ErrorKind::model, "{} draws of {} factors in the checkpoint", shape[1], shape[0]);
  rank_ = shape[0];
  const auto rank = static_cast<std::size_t>(shape[0]), draws = static_cast<std::size_t>(shape[1]);
  mean_stars_ = state.values<float>("mean", 1)[0];
  levels_ = take<float>(state, "levels");
  user_rows_ = take<std::int32_t>(state, "user-rows", static_cast<std::size_t>(n_users));
  item_rows_ = take<std::int32_t>(state, "item-rows", static_cast<std::size_t>(n_items));
  days_ = take<std::int32_t>(state, "days");
  user_days_ = take<std::int64_t>(state, "user-days");
  w0_ = take<float>(state, "w0", draws);
  noise_ = take<float>(state, "noise", draws);
  cuts_ = take<float>(state, "cuts", levels_.empty() ? 0 : draws * (levels_.size() - 1));
  const char* const names[kTables] = {"user", "item", "day", "user-day"};
  for (std::size_t t = 0; t < kTables; ++t) {
    tables_[t].name = names[t];
    load(tables_[t], state, draws);
  }
  load(bag_, state, draws);
  const auto check = [](const Table& table, std::size_t n) {
    if (table.n != n) fail(ErrorKind::model, "{} rows of {}, expected {}", table.n, table.name, n);
  };
  check(tables_[kUser], static_cast<std::size_t>(n_users));
  check(tables_[kItem], static_cast<std::size_t>(n_items));
  check_rows(user_rows_, "user-rows", n_users);
  check_rows(item_rows_, "item-rows", n_items);
  if (tables_[kDay].n > 0) check(tables_[kDay], days_.size());
  if (tables_[kUserDay].n > 0) check(tables_[kUserDay], user_days_.size());
  if (bag_.n > 0) check(bag_, tables_[kItem].n);
  own_mean_ = take<float>(state, "own.mean");
  own_variance_ = take<float>(state, "own.variance", own_mean_.size());
  if (!own_mean_.empty() && own_mean_.size() != draws * (rank + 1))
    fail(ErrorKind::model, "{} numbers of own.mean, expected {}", own_mean_.size(), draws * (rank + 1));
  side_ = take<float>(state, "side", draws * (rank + 1));
  for (std::size_t k = 0; k < facts_.size(); ++k) {
    const std::string name(kBfmFacts[k]);
    Fact& fact = facts_[k];
    fact.of.values = take<std::int32_t>(state, name + ".values");
    fact.of.features = take<std::int32_t>(state, name + ".features", fact.of.values.size());
    fact.numbers = take<float>(state, name + ".numbers");
    fact.n = draws > 0 ? fact.numbers.size() / (draws * (rank + 1)) : 0;
    if (fact.numbers.size() != draws * fact.n * (rank + 1) ||
        std::ranges::any_of(fact.of.features, [&](std::int32_t feature) {
          return feature < 0 || static_cast<std::size_t>(feature) >= std::max<std::size_t>(fact.n, 1);
        }))
      fail(ErrorKind::model, "{} numbers of {}: no feature has so many", fact.numbers.size(), name);
    fact.means = take<float>(state, name + ".means", fact.n > 0 ? draws * (rank + 1) : 0);
  }
}

void BfmPosterior::load(Table& table, const StateDict& state, std::size_t n_draws) const {
  const auto rank = static_cast<std::size_t>(rank_);
  const std::string& name = table.name;
  table.known = take<std::int32_t>(state, name + ".known");
  table.n = table.known.size();
  const std::size_t used = table.n > 0 ? n_draws : 0, n_codes = used * table.n * rank;
  const auto packed = state.values<std::int32_t>(name + ".codes", (n_codes + 3) / 4);
  table.codes.resize(n_codes);
  if (n_codes > 0) std::memcpy(table.codes.data(), packed.data(), n_codes);
  table.scales = take<float>(state, name + ".scales", used * rank);
  table.a = take<float>(state, name + ".a", used * table.n);
  table.mean = take<float>(state, name + ".mean", used * (rank + 1));
  table.variance = take<float>(state, name + ".variance", used * (rank + 1));
}

}  // namespace movrec
