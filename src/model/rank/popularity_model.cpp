#include <algorithm>

#include "movrec/model/stars/closed_form.hpp"

namespace movrec {
namespace {

class PopularityModel final : public Model {
 public:
  PopularityModel(double mean, std::vector<std::int32_t> counts, std::vector<float> stars)
      : mean_(mean), counts_(std::move(counts)), stars_(std::move(stars)) {}

  std::int32_t n_items() const override { return static_cast<std::int32_t>(counts_.size()); }

  void predict(std::span<const UserIdx>,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    for (std::size_t k = 0; k < stars.size(); ++k)
      stars[k] = items[k] == kNoItem ? static_cast<float>(mean_) : stars_[index(items[k])];
  }

  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    for (std::size_t u = 0; u < users.size(); ++u)
      std::transform(counts_.begin(), counts_.end(),
                     scores.begin() + static_cast<std::ptrdiff_t>(u * counts_.size()),
                     [](std::int32_t count) { return static_cast<float>(count); });
  }

  bool scores_are_stars() const override { return false; }

  std::int64_t n_parameters() const override {
    return static_cast<std::int64_t>(1 + counts_.size() + stars_.size());
  }

  StateDict state() const override {
    StateDict state;
    state.set("mean", mean_);
    state.set("counts", counts_);
    state.set("stars", stars_);
    return state;
  }

 private:
  double mean_;
  std::vector<std::int32_t> counts_;  ///< training ratings by ItemIdx
  std::vector<float> stars_;          ///< damped means by ItemIdx; the global mean for items without ratings
};

}  // namespace

std::unique_ptr<Model> fit_popularity_model(const FitContext& context) {
  const Biases biases = fit_biases(context.train, context.spec.options.as<PopularityOptions>().bias);
  std::vector<float> stars;
  stars.reserve(biases.item.size());
  for (float item : biases.item) stars.push_back(static_cast<float>(biases.mean) + item);
  return std::make_unique<PopularityModel>(biases.mean, ratings_per_item(context.train), std::move(stars));
}

std::unique_ptr<Model> load_popularity_model(const ModelSpec& spec, const StateDict& state) {
  const auto n_items = static_cast<std::size_t>(spec.n_items);
  return std::make_unique<PopularityModel>(state.number<double>("mean"),
                                           state.list<std::int32_t>("counts", n_items),
                                           state.list<float>("stars", n_items));
}

}  // namespace movrec
