#include "movrec/solve/common/bias.hpp"

namespace movrec {
namespace {

/// sum / (n + damping), and 0 for those without ratings.
std::vector<float> damped_means(const std::vector<double>& sums,
                                const std::vector<std::int32_t>& counts,
                                double damping) {
  std::vector<float> means(sums.size());
  for (std::size_t k = 0; k < sums.size(); ++k)
    if (counts[k] > 0) means[k] = static_cast<float>(sums[k] / (counts[k] + damping));
  return means;
}

}  // namespace

float Biases::user_bias_of(const History& history, double user_damping) const {
  double sum = 0;
  for (std::size_t k = 0; k < history.items.size(); ++k)
    sum += static_cast<double>(history.stars[k]) - mean - static_cast<double>(item[index(history.items[k])]);
  const auto n = static_cast<double>(history.items.size());
  return n > 0 ? static_cast<float>(sum / (n + user_damping)) : 0.F;
}

void Biases::save(StateDict& state, const std::string& prefix) const {
  state.set(prefix + "mean", mean);
  state.set(prefix + "user", user);
  state.set(prefix + "item", item);
}

Biases load_biases(const StateDict& state,
                   std::int32_t n_users,
                   std::int32_t n_items,
                   const std::string& prefix) {
  return {.mean = state.number<double>(prefix + "mean"),
          .user = state.list<float>(prefix + "user", static_cast<std::size_t>(n_users)),
          .item = state.list<float>(prefix + "item", static_cast<std::size_t>(n_items))};
}

Biases fit_biases(const Ratings& train, const BiasOptions& options) {
  Biases biases;
  const std::size_t n_rows = train.size();
  for (float stars : train.stars) biases.mean += static_cast<double>(stars);
  if (n_rows > 0) biases.mean /= static_cast<double>(n_rows);

  std::vector<double> sums(static_cast<std::size_t>(train.n_items));
  for (std::size_t row = 0; row < n_rows; ++row)
    sums[index(train.items[row])] += static_cast<double>(train.stars[row]) - biases.mean;
  biases.item = damped_means(sums, ratings_per_item(train), options.item_damping);

  sums.assign(static_cast<std::size_t>(train.n_users), 0.0);
  for (std::size_t row = 0; row < n_rows; ++row)
    sums[index(train.users[row])] += static_cast<double>(train.stars[row]) - biases.mean -
                                     static_cast<double>(biases.item[index(train.items[row])]);
  biases.user = damped_means(sums, ratings_per_user(train), options.user_damping);
  return biases;
}

}  // namespace movrec
