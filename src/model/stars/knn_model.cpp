#include "movrec/model/stars/knn_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace movrec {
namespace {

constexpr std::size_t kUsersAtOnce = 8;  ///< who go through an item's neighbours while these are in the cache
constexpr std::size_t kItemsPerTask = 64;

/// What users gave less biases: user u has [begin[u], begin[u + 1]).
struct Histories {
  std::vector<std::int64_t> begin{0};
  std::vector<std::int32_t> items{};
  std::vector<float> residuals{};
};

template <class T>
std::span<const T> list(const std::vector<T>& values,
                        const std::vector<std::int64_t>& begin,
                        std::size_t row) {
  return {values.data() + begin[row], static_cast<std::size_t>(begin[row + 1] - begin[row])};
}

class KnnModel final : public Model {
 public:
  KnnModel(const KnnModelOptions& options, Biases biases, ItemNeighbours neighbours, Histories histories)
      : options_(options),
        user_damping_(options.user_damping),
        biases_(std::move(biases)),
        neighbours_(std::move(neighbours)),
        histories_(std::move(histories)),
        weights_(neighbours_.similarities.size()) {
    for (std::size_t k = 0; k < weights_.size(); ++k)
      weights_[k] = std::pow(neighbours_.similarities[k], static_cast<float>(options_.similarity_power));
  }

  std::int32_t n_items() const override { return static_cast<std::int32_t>(biases_.item.size()); }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    // User by user, so that a history is laid out once.
    std::vector<std::size_t> order(users.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t k) { return users[k]; });
    std::vector<std::size_t> begin;
    for (std::size_t k = 0; k < order.size(); ++k)
      if (k == 0 || users[order[k]] != users[order[k - 1]]) begin.push_back(k);
    const std::size_t n_groups = begin.size();
    begin.push_back(order.size());
#pragma omp parallel
    {
      std::vector<float> residuals(width(), kUnrated);
#pragma omp for schedule(dynamic, 16)
      for (std::size_t group = 0; group < n_groups; ++group) {
        const UserQuery query{users[order[begin[group]]]};
        const float bias = lay_out(query, residuals.data());
        for (std::size_t k = begin[group]; k < begin[group + 1]; ++k)
          stars[order[k]] = answer(bias, items[order[k]], residuals.data());
        take_back(query, residuals.data());
      }
    }
  }

  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    std::vector<float> residuals(kUsersAtOnce * width(), kUnrated);
    for (std::size_t first = 0; first < users.size(); first += kUsersAtOnce) {
      const auto some = users.subspan(first, std::min(kUsersAtOnce, users.size() - first));
      std::array<float, kUsersAtOnce> biases{};
      for (std::size_t u = 0; u < some.size(); ++u) biases[u] = lay_out(some[u], &residuals[u * width()]);
#pragma omp parallel for schedule(dynamic, 1)
      for (std::size_t begin = 0; begin < width(); begin += kItemsPerTask)
        for (std::size_t i = begin; i < std::min(begin + kItemsPerTask, width()); ++i)
          for (std::size_t u = 0; u < some.size(); ++u)
            scores[(first + u) * width() + i] =
                answer(biases[u], ItemIdx{static_cast<std::int32_t>(i)}, &residuals[u * width()]);
      for (std::size_t u = 0; u < some.size(); ++u) take_back(some[u], &residuals[u * width()]);
    }
  }

  QuerySupport supports() const override {
    return {.history = true, .stars = true};
  }

  bool knows_similarities() const override {
    return true;
  }
  /// Those of the item's neighbours; all others are 0.
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    std::ranges::fill(similarities, 0.F);
    const auto items = list(neighbours_.items, neighbours_.begin, index(item));
    const auto values = list(neighbours_.similarities, neighbours_.begin, index(item));
    for (std::size_t k = 0; k < items.size(); ++k)
      similarities[static_cast<std::size_t>(items[k])] = values[k];
    if (!items.empty()) similarities[index(item)] = 1;
  }

  std::int64_t n_parameters() const override {
    return static_cast<std::int64_t>(1 + biases_.user.size() + width() + weights_.size());
  }

  StateDict state() const override {
    StateDict state;
    biases_.save(state);
    state.set("neighbours.begin", neighbours_.begin);
    state.set("neighbours.items", neighbours_.items);
    state.set("neighbours.similarities", neighbours_.similarities);
    state.set("histories.begin", histories_.begin);
    state.set("histories.items", histories_.items);
    state.set("histories.residuals", histories_.residuals);
    return state;
  }

 private:
  std::size_t width() const {
    return biases_.item.size();
  }

  std::span<const std::int32_t> rated_by(UserIdx user) const {
    return list(histories_.items, histories_.begin, index(user));
  }

  /// Writes what the user gave less biases to `residuals`, [n_items], and returns his bias.
  float lay_out(const UserQuery& query, float* residuals) const {
    if (query.history) return lay_out(*query.history, residuals);
    if (query.user == kNoUser) return 0;
    const auto items = rated_by(query.user);
    const auto given = list(histories_.residuals, histories_.begin, index(query.user));
    for (std::size_t k = 0; k < items.size(); ++k) residuals[items[k]] = given[k];
    return biases_.user[index(query.user)];
  }
  float lay_out(const History& history, float* residuals) const {
    const std::size_t n = history.items.size();
    const float bias = biases_.user_bias_of(history, user_damping_);
    for (std::size_t k = 0; k < n; ++k)
      residuals[index(history.items[k])] =
          history.stars[k] - biases_.predict(kNoUser, history.items[k]) - bias;
    return bias;
  }
  void take_back(const UserQuery& query, float* residuals) const {
    if (query.history) {
      for (const ItemIdx item : query.history->items) residuals[index(item)] = kUnrated;
    } else if (query.user != kNoUser) {
      for (const std::int32_t item : rated_by(query.user)) residuals[item] = kUnrated;
    }
  }
  float answer(float user_bias, ItemIdx item, const float* residuals) const {
    const float stars = biases_.predict(kNoUser, item) + user_bias;
    if (item == kNoItem) return stars;
    return stars + neighbours_say(list(neighbours_.items, neighbours_.begin, index(item)),
                                  list(weights_, neighbours_.begin, index(item)), residuals,
                                  options_.neighbours, static_cast<float>(options_.weight_damping));
  }

  KnnOptions options_;
  double user_damping_;
  Biases biases_;
  ItemNeighbours neighbours_;
  Histories histories_;
  std::vector<float> weights_;  ///< beside neighbours_.items
};

/// The lists' ends and members as a checkpoint has them; Error{model} where they point out of bounds.
void read_lists(const StateDict& state,
                const std::string& name,
                std::size_t n_rows,
                std::int32_t n_items,
                std::vector<std::int64_t>& begin,
                std::vector<std::int32_t>& items) {
  begin = state.list<std::int64_t>(name + ".begin", n_rows + 1);
  items = state.list<std::int32_t>(name + ".items");
  if (begin.front() != 0 || begin.back() != std::ssize(items) || !std::ranges::is_sorted(begin) ||
      std::ranges::any_of(items, [&](std::int32_t item) { return item < 0 || item >= n_items; }))
    fail(ErrorKind::model, "the lists '{}' of the checkpoint are damaged", name);
}

}  // namespace

std::unique_ptr<Model> fit_knn_model(const FitContext& context) {
  const Ratings& train = context.train;
  Biases biases = fit_biases(train, context.spec.options.get<BiasOptions>());
  std::vector<float> residuals(train.size());
  for (std::size_t row = 0; row < train.size(); ++row)
    residuals[row] = train.stars[row] - biases.predict(train.users[row], train.items[row]);
  ItemNeighbours neighbours = find_neighbours(train, residuals, context.spec.options.get<KnnOptions>());

  Histories histories;
  for (const std::int32_t n : ratings_per_user(train)) histories.begin.push_back(histories.begin.back() + n);
  histories.items.resize(train.size());
  histories.residuals.resize(train.size());
  std::vector<std::int64_t> next(histories.begin.begin(), histories.begin.end() - 1);
  for (std::size_t row = 0; row < train.size(); ++row) {
    const auto to = static_cast<std::size_t>(next[index(train.users[row])]++);
    histories.items[to] = number(train.items[row]);
    histories.residuals[to] = residuals[row];
  }
  return std::make_unique<KnnModel>(context.spec.options.get<KnnModelOptions>(), std::move(biases),
                                    std::move(neighbours), std::move(histories));
}

std::unique_ptr<Model> load_knn_model(const ModelSpec& spec, const StateDict& state) {
  const auto n_users = static_cast<std::size_t>(spec.n_users),
             n_items = static_cast<std::size_t>(spec.n_items);
  Biases biases = load_biases(state, spec.n_users, spec.n_items);
  ItemNeighbours neighbours;
  read_lists(state, "neighbours", n_items, spec.n_items, neighbours.begin, neighbours.items);
  neighbours.similarities = state.list<float>("neighbours.similarities", neighbours.items.size());
  Histories histories;
  read_lists(state, "histories", n_users, spec.n_items, histories.begin, histories.items);
  histories.residuals = state.list<float>("histories.residuals", histories.items.size());
  return std::make_unique<KnnModel>(spec.options.get<KnnModelOptions>(), std::move(biases),
                                    std::move(neighbours), std::move(histories));
}

}  // namespace movrec
