#include "model/common/user_columns.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "movrec/core/error.hpp"
#include "movrec/data/side_columns.hpp"

namespace movrec {
namespace {

/// Of a column: each costs as many weights as the first layer is wide, and rare ones teach little.
constexpr std::size_t kMostInputs = 256;

/// The input of each category, -1 for none: the most frequent ones that anybody has, in their own order.
std::vector<std::int32_t> inputs_of(const SideColumn& column, std::size_t& n_inputs) {
  std::vector<std::uint32_t> counts(column.categories.size()), order(column.categories.size());
  for (const std::uint32_t value : column.values) ++counts[value];
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, std::greater{}, [&](std::uint32_t category) { return counts[category]; });
  order.resize(std::min(order.size(), kMostInputs));
  std::erase_if(order, [&](std::uint32_t category) { return counts[category] == 0; });
  std::ranges::sort(order);
  std::vector<std::int32_t> inputs(column.categories.size(), -1);
  for (const std::uint32_t category : order) inputs[category] = static_cast<std::int32_t>(n_inputs++);
  return inputs;
}

}  // namespace

UserColumns::UserColumns(std::span<const SideColumn> columns) {
  std::vector<SideColumn> bags;
  std::vector<std::vector<std::int32_t>> inputs;
  for (const SideColumn& column : columns) {
    bags.push_back(in_categories(column));
    inputs.push_back(inputs_of(bags.back(), n_inputs_));
  }
  const std::size_t n_users = bags.empty() ? 0 : bags[0].begin.size() - 1;
  for (std::size_t user = 0; user < n_users; ++user) {
    for (std::size_t c = 0; c < bags.size(); ++c) {
      const auto categories = bags[c].of(user);
      for (const std::uint32_t category : categories) {
        if (inputs[c][category] < 0) continue;
        inputs_.push_back(inputs[c][category]);
        values_.push_back(1 / std::sqrt(static_cast<float>(categories.size())));
      }
    }
    begin_.push_back(static_cast<std::int32_t>(inputs_.size()));
  }
}

UserColumns::UserColumns(const StateDict& state) {
  if (!state.contains("columns.begin")) return;
  begin_ = state.list<std::int32_t>("columns.begin");
  inputs_ = state.list<std::int32_t>("columns.inputs");
  values_ = state.list<float>("columns.values", inputs_.size());
  for (const std::int32_t input : inputs_)
    n_inputs_ = std::max(n_inputs_, static_cast<std::size_t>(std::max(input, 0)) + 1);
  // Somebody has each.
  if (begin_.empty() || begin_.front() != 0 || !std::ranges::is_sorted(begin_) ||
      static_cast<std::size_t>(begin_.back()) != inputs_.size() || n_inputs_ > inputs_.size() ||
      std::ranges::any_of(inputs_, [](std::int32_t input) { return input < 0; }))
    fail(ErrorKind::model, "the columns of users in the checkpoint do not fit together");
}

void UserColumns::save(StateDict& state) const {
  if (n_inputs_ == 0) return;
  state.set("columns.begin", begin_);
  state.set("columns.inputs", inputs_);
  state.set("columns.values", values_);
}

void UserColumns::append(UserIdx user, std::vector<float>& inputs) const {
  const std::size_t first = inputs.size();
  inputs.resize(first + n_inputs_);
  if (user == kNoUser || index(user) + 1 >= begin_.size()) return;
  for (auto k = static_cast<std::size_t>(begin_[index(user)]);
       k < static_cast<std::size_t>(begin_[index(user) + 1]); ++k)
    inputs[first + static_cast<std::size_t>(inputs_[k])] = values_[k];
}

}  // namespace movrec
