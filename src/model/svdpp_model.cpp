#include "movrec/model/svdpp_model.hpp"

#include <algorithm>

#include "model/solver_fit.hpp"
#include "movrec/ops/gemm.hpp"
#include "movrec/solve/svdpp.hpp"

namespace movrec {
namespace {

/// Users and items without ratings have factors and biases of 0, so that the formula is right for them too.
class SvdppModel final : public Model {
 public:
  explicit SvdppModel(SvdppTables tables) { set(std::move(tables)); }

  void set(SvdppTables tables) {
    tables_ = std::move(tables);
    dim_ = tables_.item_factors.size() / tables_.item_bias.size();
  }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
#pragma omp parallel for schedule(static)
    for (std::size_t k = 0; k < stars.size(); ++k) {
      float product = 0;
      if (users[k] != kNoUser && items[k] != kNoItem) {
        const float* z = tables_.user_factors.data() + index(users[k]) * dim_;
        const float* q = tables_.item_factors.data() + index(items[k]) * dim_;
#pragma omp simd reduction(+ : product)
        for (std::size_t f = 0; f < dim_; ++f) product += z[f] * q[f];
      }
      stars[k] =
          offset(users[k]) + (items[k] == kNoItem ? 0.F : tables_.item_bias[index(items[k])]) + product;
    }
  }

  void score(std::span<const UserQuery> users, std::span<float> scores) const override {
    const std::size_t n_items = tables_.item_bias.size();
    std::vector<float> z(users.size() * dim_);
    for (std::size_t u = 0; u < users.size(); ++u) {
      const UserIdx user = users[u].user;
      if (user != kNoUser) std::copy_n(tables_.user_factors.data() + index(user) * dim_, dim_, &z[u * dim_]);
      for (std::size_t i = 0; i < n_items; ++i) scores[u * n_items + i] = offset(user) + tables_.item_bias[i];
    }
    const auto dim = static_cast<std::int64_t>(dim_), n = static_cast<std::int64_t>(n_items);
    gemm(Transpose::no, Transpose::yes, std::ssize(users), n, dim, z.data(), dim, tables_.item_factors.data(),
         dim, /*beta=*/1, scores.data(), n);
  }

  std::int64_t n_parameters() const override {
    return std::ssize(tables_.user_factors) + std::ssize(tables_.item_factors) +
           std::ssize(tables_.implicit_factors) + std::ssize(tables_.user_bias) +
           std::ssize(tables_.item_bias);
  }

  StateDict state() const override {
    StateDict state;
    state.set("mean", StateArray::of(std::span(&tables_.mean, 1), {1}));
    arrays(tables_, [&](const char* name, const std::vector<float>& values, std::size_t n_rows) {
      const auto n = static_cast<std::int64_t>(n_rows);
      state.set(name, StateArray::of(std::span(values), {n, std::ssize(values) / n}));
    });
    return state;
  }

  /// Every table with its name and number of rows.
  template <class Tables, class Visit>
  static void arrays(Tables& tables, Visit&& visit) {
    const std::size_t n_users = tables.user_bias.size(), n_items = tables.item_bias.size();
    visit("user_factors", tables.user_factors, n_users);
    visit("item_factors", tables.item_factors, n_items);
    visit("implicit_factors", tables.implicit_factors, n_items);
    visit("user_bias", tables.user_bias, n_users);
    visit("item_bias", tables.item_bias, n_items);
  }

 private:
  float offset(UserIdx user) const {
    return static_cast<float>(tables_.mean) + (user == kNoUser ? 0.F : tables_.user_bias[index(user)]);
  }

  SvdppTables tables_;
  std::size_t dim_ = 0;
};

}  // namespace

std::unique_ptr<Model> fit_svdpp_model(const FitContext& context) {
  const AlgorithmOptions& options = context.spec.options;
  const SvdppShape shape{.dim = static_cast<std::size_t>(options.net.embedding_dim),
                         .init_std = options.net.init_std,
                         .l2 = options.train.embedding_l2,
                         .implicit_l2 = options.mf.implicit_l2};
  return SolverFit<Svdpp, Svdpp::kBatches>(
             context,
             Svdpp(context.train, fit_biases(context.train, options.bias), shape, options.train.seed),
             [](const Svdpp& solver) { return std::make_unique<SvdppModel>(solver.tables()); },
             [](Model& model, const Svdpp& solver) { dynamic_cast<SvdppModel&>(model).set(solver.tables()); })
      .run();
}

std::unique_ptr<Model> load_svdpp_model(const ModelSpec& spec, const StateDict& state) {
  const auto dim = static_cast<std::size_t>(spec.options.net.embedding_dim);
  SvdppTables tables;
  tables.mean = state.values<double>("mean", 1)[0];
  tables.user_bias.resize(static_cast<std::size_t>(spec.n_users));
  tables.item_bias.resize(static_cast<std::size_t>(spec.n_items));
  SvdppModel::arrays(tables, [&](const char* name, std::vector<float>& values, std::size_t n_rows) {
    const auto saved = state.values<float>(name, values.empty() ? n_rows * dim : n_rows);
    values.assign(saved.begin(), saved.end());
  });
  return std::make_unique<SvdppModel>(std::move(tables));
}

}  // namespace movrec
