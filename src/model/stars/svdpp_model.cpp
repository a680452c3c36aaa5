#include "movrec/model/stars/svdpp_model.hpp"

#include <algorithm>
#include <cmath>

#include "model/common/cosines.hpp"
#include "model/common/fallback.hpp"
#include "model/common/lazy.hpp"
#include "model/common/solver_fit.hpp"
#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/solve/mf/svdpp.hpp"
#include "solve/common/ridge.hpp"

namespace movrec {
namespace {

/// Users and items without ratings have factors and biases of 0, so that the formula is right for them too.
class SvdppModel final : public Model {
 public:
  SvdppModel(const ModelSpec& spec, SvdppTables tables)
      : l2_(spec.options.get<SvdppOptions>().embedding_l2),
        user_damping_(spec.options.get<SvdppOptions>().user_damping) {
    set(std::move(tables));
  }

  void set(SvdppTables tables) {
    tables_ = std::move(tables);
    dim_ = tables_.item_factors.size() / tables_.item_bias.size();
    prior_.reset();
  }

  std::int32_t n_items() const override { return static_cast<std::int32_t>(tables_.item_bias.size()); }

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

  void do_score(std::span<const UserQuery> users, std::span<float> scores) const override {
    const std::size_t width = tables_.item_bias.size();
    std::vector<float> z(users.size() * dim_), bias(users.size());
    const UserPrior* prior = nullptr;
    if (std::ranges::any_of(users, [](const UserQuery& query) { return query.history.has_value(); }))
      prior = &prior_.get([&] { return UserPrior(tables_); });
    for_each_task(std::ssize(users), [&](std::int64_t task) {
      const auto u = static_cast<std::size_t>(task);
      const UserIdx user = users[u].user;
      const auto row = std::span(z).subspan(u * dim_, dim_);
      if (users[u].history) {
        bias[u] = fold_in(*users[u].history, *prior, row);
      } else if (user != kNoUser) {
        bias[u] = tables_.user_bias[index(user)];
        std::copy_n(tables_.user_factors.data() + index(user) * dim_, dim_, row.data());
      }
      for (std::size_t i = 0; i < width; ++i)
        scores[u * width + i] = static_cast<float>(tables_.mean) + bias[u] + tables_.item_bias[i];
    });
    const auto dim = static_cast<std::int64_t>(dim_), n = static_cast<std::int64_t>(width);
    gemm(Transpose::no, Transpose::yes, std::ssize(users), n, dim, z.data(), dim, tables_.item_factors.data(),
         dim, /*beta=*/1, scores.data(), n);
  }

  QuerySupport supports() const override {
    return {.history = true, .stars = true};
  }

  bool knows_similarities() const override {
    return true;
  }
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    cosines(tables_.item_factors, std::vector<std::int32_t>(similarities.size(), 1), item, similarities);
  }

  std::int64_t n_parameters() const override {
    return std::ssize(tables_.user_factors) + std::ssize(tables_.item_factors) +
           std::ssize(tables_.implicit_factors) + std::ssize(tables_.user_bias) +
           std::ssize(tables_.item_bias);
  }

  StateDict state() const override {
    StateDict state;
    state.set("mean", tables_.mean);
    arrays(tables_, [&](const char* name, const std::vector<float>& values, std::size_t n_rows) {
      state.set(name, values, n_rows);
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

  /// What z and the bias of the trained users are like.
  struct UserPrior {
    explicit UserPrior(const SvdppTables& tables) {
      std::vector<std::int32_t> known;
      const std::size_t dim = tables.item_factors.size() / tables.item_bias.size();
      for (std::size_t u = 0; u < tables.user_bias.size(); ++u) {
        const auto row = std::span(tables.user_factors).subspan(u * dim, dim);
        known.push_back(std::ranges::any_of(row, [](float x) { return x != 0; }));
      }
      z = row_prior(tables.user_factors.data(), dim, known);
      bias = row_prior(tables.user_bias.data(), 1, known);
    }
    RowPrior z, bias;
  };

  /// Fills z of a new user and returns his bias: the ridge regression of his ratings that is drawn, as in
  /// training once per rating, to what his items give him, and to the other users.
  /// Items without training ratings have said nothing; of them alone a bias follows, as fit_biases has it.
  float fold_in(const History& all, const UserPrior& prior, std::span<float> z) const {
    KnownHistory history;
    double sum = 0;
    for (std::size_t k = 0; k < all.items.size(); ++k) {
      sum += static_cast<double>(all.stars[k]) - tables_.mean;
      if (!knows(all.items[k])) continue;
      history.items.push_back(all.items[k]);
      history.stars.push_back(all.stars[k]);
    }
    const std::size_t n = history.items.size();
    if (all.items.empty()) return 0;
    if (n == 0) return static_cast<float>(sum / (static_cast<double>(all.items.size()) + user_damping_));
    RidgeSolver solver(dim_ + 1);
    float* row = solver.rows(n);
    std::vector<float> targets(n), solved(dim_ + 1), penalty(dim_ + 1), mean(dim_ + 1);
    const auto count = static_cast<float>(n), per_rating = static_cast<float>(l2_) * count;
    for (std::size_t k = 0; k < n; ++k, row += solver.stride()) {
      const std::size_t item = index(history.items[k]);
      std::copy_n(tables_.item_factors.data() + item * dim_, dim_, row);
      row[dim_] = 1;
      targets[k] = history.stars[k] - static_cast<float>(tables_.mean) - tables_.item_bias[item];
      const float* y = tables_.implicit_factors.data() + item * dim_;
      for (std::size_t f = 0; f < dim_; ++f) mean[f] += y[f] / std::sqrt(count);
    }
    for (std::size_t f = 0; f <= dim_; ++f) {
      const RowPrior& of = f < dim_ ? prior.z : prior.bias;
      const std::size_t at = f < dim_ ? f : 0;
      const auto pull = static_cast<float>(prior_pull(kRatingNoise, of.variance[at], n));
      penalty[f] = per_rating + pull;
      mean[f] = (per_rating * mean[f] + pull * of.mean[at]) / penalty[f];
    }
    solver.solve(targets, penalty, mean, solved);
    std::copy_n(solved.begin(), dim_, z.begin());
    return solved[dim_];
  }

  bool knows(ItemIdx item) const {
    const auto row = std::span(tables_.item_factors).subspan(index(item) * dim_, dim_);
    return std::ranges::any_of(row, [](float x) { return x != 0; });
  }

  double l2_, user_damping_;
  SvdppTables tables_;
  std::size_t dim_ = 0;
  Lazy<UserPrior> prior_;  ///< made when a history first asks for it
};

}  // namespace

std::unique_ptr<Model> fit_svdpp_model(const FitContext& context) {
  const auto& options = context.spec.options.get<SvdppOptions>();
  const SvdppShape shape{.dim = static_cast<std::size_t>(options.embedding_dim),
                         .init_std = options.init_std,
                         .l2 = options.embedding_l2,
                         .implicit_l2 = options.implicit_l2};
  return SolverFit<Svdpp, Svdpp::kBatches>(
             context, Svdpp(context.train, fit_biases(context.train, options), shape, options.seed),
             [&](const Svdpp& solver) { return std::make_unique<SvdppModel>(context.spec, solver.tables()); },
             [](Model& model, const Svdpp& solver) { dynamic_cast<SvdppModel&>(model).set(solver.tables()); })
      .run();
}

std::unique_ptr<Model> load_svdpp_model(const ModelSpec& spec, const StateDict& state) {
  const auto dim = static_cast<std::size_t>(spec.options.get<SvdppOptions>().embedding_dim);
  SvdppTables tables;
  tables.mean = state.number<double>("mean");
  tables.user_bias.resize(static_cast<std::size_t>(spec.n_users));
  tables.item_bias.resize(static_cast<std::size_t>(spec.n_items));
  SvdppModel::arrays(tables, [&](const char* name, std::vector<float>& values, std::size_t n_rows) {
    values = state.list<float>(name, values.empty() ? n_rows * dim : n_rows);
  });
  return std::make_unique<SvdppModel>(spec, std::move(tables));
}

}  // namespace movrec
