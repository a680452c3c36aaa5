#include "movrec/model/stars/slope_one_model.hpp"

#include <algorithm>
#include <limits>

#include "movrec/kernels/parallel.hpp"
#include "movrec/solve/knn/slope_one.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {
namespace {

/// What a user rated.
struct Rated {
  std::span<const std::int32_t> items;
  std::span<const float> stars;
};

class SlopeOneModel final : public Model {
 public:
  SlopeOneModel(double user_damping, Biases biases, RatingLists users, ItemDeviations deviations)
      : user_damping_(user_damping),
        biases_(std::move(biases)),
        users_(std::move(users)),
        deviations_(std::move(deviations)) {}

  std::int32_t n_items() const override { return static_cast<std::int32_t>(deviations_.n_items); }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    const auto n = static_cast<std::ptrdiff_t>(stars.size());
#pragma omp parallel for schedule(dynamic, 256)
    for (std::ptrdiff_t at = 0; at < n; ++at) {
      const auto k = static_cast<std::size_t>(at);
      stars[k] = answer(users[k], items[k]);
    }
  }

  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    const std::size_t n = deviations_.n_items;
    for_each_task(std::ssize(users), [&](std::int64_t task) {
      const UserQuery& query = users[static_cast<std::size_t>(task)];
      float* sums = &scores[static_cast<std::size_t>(task) * n];
      std::fill_n(sums, n, 0.F);
      std::vector<float> counts(n);
      if (query.history) {
        for (std::size_t k = 0; k < query.history->items.size(); ++k)
          add(index(query.history->items[k]), query.history->stars[k], sums, counts.data());
      } else {
        const Rated rated = rated_by(query.user);
        for (std::size_t k = 0; k < rated.items.size(); ++k)
          add(static_cast<std::size_t>(rated.items[k]), rated.stars[k], sums, counts.data());
      }
      const float stars = query.history ? static_cast<float>(biases_.mean) +
                                              biases_.user_bias_of(*query.history, user_damping_)
                                        : biases_.predict(query.user, kNoItem);
      for (std::size_t j = 0; j < n; ++j)
        sums[j] = counts[j] > 0 ? sums[j] / counts[j] : stars + biases_.item[j];
    });
  }

  QuerySupport supports() const override {
    return {.history = true, .stars = true};
  }

  std::int64_t n_parameters() const override {
    const auto n = static_cast<std::int64_t>(deviations_.n_items);
    return n * (n - 1) / 2 + 1 + std::ssize(biases_.user) + std::ssize(biases_.item);
  }

  /// Of the deviations those below the diagonal; what is above follows from them.
  StateDict state() const override {
    StateDict state;
    biases_.save(state);
    save_lists(users_, "users.", state);
    const std::size_t n = deviations_.n_items;
    std::vector<float> sums, counts;
    sums.reserve(n * n / 2), counts.reserve(n * n / 2);
    for (std::size_t i = 0; i < n; ++i) {
      const auto below = [&](const std::vector<float>& all) { return std::span(all).subspan(i * n, i); };
      std::ranges::copy(below(deviations_.sums), std::back_inserter(sums));
      std::ranges::copy(below(deviations_.counts), std::back_inserter(counts));
    }
    state.set("deviations.sums", sums);
    state.set("deviations.counts", counts);
    return state;
  }

 private:
  Rated rated_by(UserIdx user) const {
    if (user == kNoUser) return {};
    return {users_.others_of(index(user)), users_.stars_of(index(user))};
  }

  /// What an item with its stars says of all others.
  void add(std::size_t item, float stars, float* sums, float* counts) const {
    const std::size_t n = deviations_.n_items;
    const float *deviations = &deviations_.sums[item * n], *together = &deviations_.counts[item * n];
    for (std::size_t j = 0; j < n; ++j) {
      sums[j] += deviations[j] + together[j] * stars;
      counts[j] += together[j];
    }
  }

  /// The same for one pair: from the row of the item that is asked for, whose deviations are those of the others with the
  /// other sign.
  float answer(UserIdx user, ItemIdx item) const {
    const Rated rated = rated_by(user);
    float sum = 0, count = 0;
    if (item != kNoItem) {
      const std::size_t row = index(item) * deviations_.n_items;
      for (std::size_t k = 0; k < rated.items.size(); ++k) {
        const std::size_t at = row + static_cast<std::size_t>(rated.items[k]);
        sum += deviations_.counts[at] * rated.stars[k] - deviations_.sums[at];
        count += deviations_.counts[at];
      }
    }
    return count > 0 ? sum / count : biases_.predict(user, item);
  }

  double user_damping_;
  Biases biases_;
  RatingLists users_;
  ItemDeviations deviations_;
};

}  // namespace

std::unique_ptr<Model> fit_slope_one_model(const FitContext& context) {
  const auto& options = context.spec.options.get<SlopeOneOptions>();
  return std::make_unique<SlopeOneModel>(options.user_damping, fit_biases(context.train, options),
                                         positive_lists(context.train, std::numeric_limits<double>::lowest()),
                                         find_deviations(context.train, options.min_common));
}

std::unique_ptr<Model> load_slope_one_model(const ModelSpec& spec, const StateDict& state) {
  const auto n = static_cast<std::size_t>(spec.n_items);
  Biases biases = load_biases(state, spec.n_users, spec.n_items);
  RatingLists users = load_lists(state, "users.", spec.n_users, spec.n_items);
  const std::size_t n_pairs = n * (n - std::min<std::size_t>(n, 1)) / 2;
  const auto sums = state.values<float>("deviations.sums", n_pairs),
             counts = state.values<float>("deviations.counts", n_pairs);
  ItemDeviations deviations{
      .n_items = n, .sums = std::vector<float>(n * n), .counts = std::vector<float>(n * n)};
  for (std::size_t i = 0, at = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j, ++at) {
      deviations.sums[i * n + j] = sums[at];
      deviations.sums[j * n + i] = -sums[at];
      deviations.counts[i * n + j] = deviations.counts[j * n + i] = counts[at];
    }
  return std::make_unique<SlopeOneModel>(spec.options.get<BiasOptions>().user_damping, std::move(biases),
                                         std::move(users), std::move(deviations));
}

}  // namespace movrec
