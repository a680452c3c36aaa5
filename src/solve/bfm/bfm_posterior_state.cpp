#include <algorithm>
#include <array>
#include <cstring>

#include "movrec/core/error.hpp"
#include "movrec/solve/bfm/bfm_posterior.hpp"

namespace movrec {
namespace {

void check_rows(const std::vector<std::int32_t>& rows, std::string_view name, std::int32_t n) {
  if (std::ranges::any_of(rows, [&](std::int32_t row) { return row < 0 || row >= n; }))
    fail(ErrorKind::model, "array '{}' of the checkpoint has an index outside 0 … {}", name, n - 1);
}

}  // namespace

void BfmPosterior::save(StateDict& state) const {
  state.set("shape", std::array{rank_, static_cast<std::int32_t>(n_draws())});
  state.set("mean", mean_stars_);
  state.set("levels", levels_);
  state.set("user-rows", user_rows_);
  state.set("item-rows", item_rows_);
  state.set("days", days_);
  state.set("user-days", user_days_);
  state.set("w0", w0_);
  state.set("noise", noise_);
  state.set("cuts", cuts_);
  for (const Table& table : tables_) save(table, state);
  save(bag_, state);
  state.set("own.mean", own_mean_);
  state.set("own.variance", own_variance_);
  state.set("side", side_);
  for (std::size_t k = 0; k < facts_.size(); ++k) {
    const std::string name(kBfmFacts[k]);
    state.set(name + ".values", facts_[k].of.values);
    state.set(name + ".features", facts_[k].of.features);
    state.set(name + ".numbers", facts_[k].numbers);
    state.set(name + ".means", facts_[k].means);
  }
}

void BfmPosterior::save(const Table& table, StateDict& state) {
  state.set(table.name + ".known", table.known);
  // Four codes to a number: checkpoints have no 8-bit arrays.
  std::vector<std::int32_t> packed((table.codes.size() + 3) / 4);
  if (!packed.empty()) std::memcpy(packed.data(), table.codes.data(), table.codes.size());
  state.set(table.name + ".codes", packed);
  state.set(table.name + ".scales", table.scales);
  state.set(table.name + ".a", table.a);
  state.set(table.name + ".mean", table.mean);
  state.set(table.name + ".variance", table.variance);
}

BfmPosterior::BfmPosterior(const StateDict& state, std::int32_t n_users, std::int32_t n_items) {
  const auto shape = state.values<std::int32_t>("shape", 2);
  if (shape[0] < 0 || shape[1] < 0)
    fail(ErrorKind::model, "{} draws of {} factors in the checkpoint", shape[1], shape[0]);
  rank_ = shape[0];
  const auto rank = static_cast<std::size_t>(shape[0]), draws = static_cast<std::size_t>(shape[1]);
  mean_stars_ = state.number<float>("mean");
  levels_ = state.list<float>("levels");
  user_rows_ = state.list<std::int32_t>("user-rows", static_cast<std::size_t>(n_users));
  item_rows_ = state.list<std::int32_t>("item-rows", static_cast<std::size_t>(n_items));
  days_ = state.list<std::int32_t>("days");
  user_days_ = state.list<std::int64_t>("user-days");
  w0_ = state.list<float>("w0", draws);
  noise_ = state.list<float>("noise", draws);
  cuts_ = state.list<float>("cuts", levels_.empty() ? 0 : draws * (levels_.size() - 1));
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
  own_mean_ = state.list<float>("own.mean");
  own_variance_ = state.list<float>("own.variance", own_mean_.size());
  if (!own_mean_.empty() && own_mean_.size() != draws * (rank + 1))
    fail(ErrorKind::model, "{} numbers of own.mean, expected {}", own_mean_.size(), draws * (rank + 1));
  side_ = state.list<float>("side", draws * (rank + 1));
  for (std::size_t k = 0; k < facts_.size(); ++k) {
    const std::string name(kBfmFacts[k]);
    Fact& fact = facts_[k];
    fact.of.values = state.list<std::int32_t>(name + ".values");
    fact.of.features = state.list<std::int32_t>(name + ".features", fact.of.values.size());
    fact.numbers = state.list<float>(name + ".numbers");
    fact.n = draws > 0 ? fact.numbers.size() / (draws * (rank + 1)) : 0;
    if (fact.numbers.size() != draws * fact.n * (rank + 1) ||
        std::ranges::any_of(fact.of.features, [&](std::int32_t feature) {
          return feature < 0 || static_cast<std::size_t>(feature) >= std::max<std::size_t>(fact.n, 1);
        }))
      fail(ErrorKind::model, "{} numbers of {}: no feature has so many", fact.numbers.size(), name);
    fact.means = state.list<float>(name + ".means", fact.n > 0 ? draws * (rank + 1) : 0);
  }
}

void BfmPosterior::load(Table& table, const StateDict& state, std::size_t n_draws) const {
  const auto rank = static_cast<std::size_t>(rank_);
  const std::string& name = table.name;
  table.known = state.list<std::int32_t>(name + ".known");
  table.n = table.known.size();
  const std::size_t used = table.n > 0 ? n_draws : 0, n_codes = used * table.n * rank;
  const auto packed = state.values<std::int32_t>(name + ".codes", (n_codes + 3) / 4);
  table.codes.resize(n_codes);
  if (n_codes > 0) std::memcpy(table.codes.data(), packed.data(), n_codes);
  table.scales = state.list<float>(name + ".scales", used * rank);
  table.a = state.list<float>(name + ".a", used * table.n);
  table.mean = state.list<float>(name + ".mean", used * (rank + 1));
  table.variance = state.list<float>(name + ".variance", used * (rank + 1));
}

}  // namespace movrec
