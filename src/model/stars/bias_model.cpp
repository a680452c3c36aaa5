#include "movrec/model/stars/closed_form.hpp"

namespace movrec {
namespace {

class BiasModel final : public Model {
 public:
  BiasModel(Biases biases, double user_damping) : biases_(std::move(biases)), user_damping_(user_damping) {}

  std::int32_t n_items() const override { return static_cast<std::int32_t>(biases_.item.size()); }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    for (std::size_t k = 0; k < stars.size(); ++k) stars[k] = biases_.predict(users[k], items[k]);
  }

  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    const std::size_t n = biases_.item.size();
    for (std::size_t u = 0; u < users.size(); ++u) {
      const float user_stars = users[u].history ? static_cast<float>(biases_.mean) +
                                                      biases_.user_bias_of(*users[u].history, user_damping_)
                                                : biases_.predict(users[u].user, kNoItem);
      for (std::size_t i = 0; i < n; ++i) scores[u * n + i] = user_stars + biases_.item[i];
    }
  }

  QuerySupport supports() const override { return {.history = true, .stars = true}; }

  std::int64_t n_parameters() const override {
    return static_cast<std::int64_t>(1 + biases_.user.size() + biases_.item.size());
  }

  StateDict state() const override {
    StateDict state;
    biases_.save(state);
    return state;
  }

 private:
  Biases biases_;
  double user_damping_;
};

}  // namespace

std::unique_ptr<Model> make_bias_model(Biases biases, double user_damping) {
  return std::make_unique<BiasModel>(std::move(biases), user_damping);
}

std::unique_ptr<Model> fit_bias_model(const FitContext& context) {
  const auto options = context.spec.options.as<BiasOptions>();
  return make_bias_model(fit_biases(context.train, options), options.user_damping);
}

std::unique_ptr<Model> load_bias_model(const ModelSpec& spec, const StateDict& state) {
  return make_bias_model(load_biases(state, spec.n_users, spec.n_items),
                         spec.options.as<BiasOptions>().user_damping);
}

}  // namespace movrec
