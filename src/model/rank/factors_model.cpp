#include <algorithm>
#include <functional>

#include "model/common/cosines.hpp"
#include "model/common/lazy.hpp"
#include "model/common/panel_scores.hpp"
#include "model/common/solver_fit.hpp"
#include "model/rank/topn_model.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/model/rank/topn_models.hpp"
#include "movrec/solve/topn/bpr.hpp"
#include "movrec/solve/topn/ials.hpp"

namespace movrec {
namespace {

struct Factors {
  std::vector<float> user, item;  ///< [n, dim]; a user of whom nothing is known has zeros
  std::vector<float> item_bias;   ///< [n_items] or empty
};

/// The factors of a user with these items, and the stars of each.
using SolveForUser = std::function<void(
    std::span<const std::int32_t> items, std::span<const float> stars, std::span<float> factors)>;

/// Scores are products of a user's and an item's factors, plus the item's bias.
class FactorsModel final : public TopNModel {
 public:
  /// Gives what solves for users by these items' factors.
  using MakeSolve = std::function<SolveForUser(const Factors&)>;

  FactorsModel(
      Everybody everybody, std::size_t dim, Factors factors, MakeSolve make_solve, bool looks_at_stars)
      : TopNModel(std::move(everybody)),
        dim_(dim),
        make_solve_(std::move(make_solve)),
        looks_at_stars_(looks_at_stars) {
    set_factors(std::move(factors));
  }

  void set_factors(Factors factors) {
    factors_ = std::move(factors);
    solve_.reset();
  }

  std::int64_t n_parameters() const override {
    return std::ssize(factors_.user) + std::ssize(factors_.item) + std::ssize(factors_.item_bias);
  }

  QuerySupport supports() const override { return {.history = true, .stars = looks_at_stars_}; }

  bool knows_similarities() const override { return true; }
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    cosines(factors_.item, known_items(), item, similarities);
  }

  StateDict state() const override {
    StateDict state;
    everybody().save(state);
    state.set("user_factors", factors_.user, factors_.user.size() / dim_);
    state.set("item_factors", factors_.item, factors_.item.size() / dim_);
    state.set("item_bias", factors_.item_bias);
    return state;
  }

 protected:
  bool knows(UserIdx user) const override {
    const auto row = std::span(factors_.user).subspan(index(user) * dim_, dim_);
    return std::ranges::any_of(row, [](float x) { return x != 0; });
  }

  void score_tastes(std::span<const Taste> tastes, std::span<const ItemIdx> items) const override {
    const std::vector<float> users = user_rows(tastes);
    std::vector<float*> scores;
    for (const Taste& taste : tastes) scores.push_back(taste.scores);
    score_panels({users, factors_.item, factors_.item_bias, dim_}, items, scores);
  }

 private:
  std::vector<float> user_rows(std::span<const Taste> tastes) const {
    std::vector<float> rows(tastes.size() * dim_);
    const auto has_items = [](const Taste& taste) { return taste.user == kNoUser; };
    const SolveForUser* solve = nullptr;
    if (std::ranges::any_of(tastes, has_items)) solve = &solve_.get([&] { return make_solve_(factors_); });
    for_each_task(std::ssize(tastes), [&](std::int64_t task) {
      const Taste& taste = tastes[static_cast<std::size_t>(task)];
      const auto row = std::span(rows).subspan(static_cast<std::size_t>(task) * dim_, dim_);
      if (has_items(taste))
        (*solve)(taste.items, taste.stars, row);
      else
        std::copy_n(factors_.user.data() + index(taste.user) * dim_, dim_, row.data());
    });
    return rows;
  }

  std::size_t dim_;
  Factors factors_;
  MakeSolve make_solve_;
  bool looks_at_stars_;
  Lazy<SolveForUser> solve_;  ///< made when a history first asks for it
};

IalsShape ials_shape(const IalsOptions& options) {
  return {.dim = static_cast<std::size_t>(options.embedding_dim),
          .alpha = options.unseen_weight,
          .l2 = options.l2,
          .confidence = options.confidence};
}

SolveForUser ials_solve(const IalsShape& shape, const Factors& factors) {
  return [fold_in = std::make_shared<const IalsFoldIn>(factors.item, shape)](
             std::span<const std::int32_t> items, std::span<const float> stars, std::span<float> row) {
    fold_in->solve(items, stars, row);
  };
}

BprShape bpr_shape(const BprOptions& options) {
  return {
      .dim = static_cast<std::size_t>(options.embedding_dim), .init_std = options.init_std, .l2 = options.l2};
}

SolveForUser bpr_solve(const BprOptions& options, const Factors& factors) {
  return [fold_in = std::make_shared<const BprFoldIn>(
              factors.item, factors.item_bias, bpr_shape(options),
              BprFoldIn::Steps{.epochs = options.epochs, .lr = options.lr, .seed = options.seed})](
             std::span<const std::int32_t> items, std::span<const float>, std::span<float> row) {
    fold_in->solve(items, row);
  };
}

Factors factors_of(const Ials& solver) {
  return {solver.user_factors(), solver.item_factors(), {}};
}
Factors factors_of(const Bpr& solver) {
  BprTables tables = solver.tables();
  return {std::move(tables.user_factors), std::move(tables.item_factors), std::move(tables.item_bias)};
}

FactorsModel::MakeSolve make_solve(const ModelSpec& spec) {
  if (const auto* bpr = spec.options.find<BprOptions>())
    return [options = *bpr](const Factors& factors) { return bpr_solve(options, factors); };
  return [shape = ials_shape(spec.options.get<IalsOptions>())](const Factors& factors) {
    return ials_solve(shape, factors);
  };
}

bool looks_at_stars(const ModelSpec& spec) {
  const auto* ials = spec.options.find<IalsOptions>();
  return ials != nullptr && ials->confidence > 0;
}

std::unique_ptr<FactorsModel> make_model(const ModelSpec& spec, Everybody everybody, Factors factors) {
  return std::make_unique<FactorsModel>(
      std::move(everybody), static_cast<std::size_t>(spec.options.get<FactorOptions>().embedding_dim),
      std::move(factors), make_solve(spec), looks_at_stars(spec));
}

template <class Solver>
std::unique_ptr<Model> fit(const FitContext& context, Solver solver) {
  return SolverFit<Solver>(
             context, std::move(solver),
             [&](const Solver& of) {
               return make_model(context.spec, Everybody(context.spec, context.train), factors_of(of));
             },
             [](Model& model, const Solver& of) {
               dynamic_cast<FactorsModel&>(model).set_factors(factors_of(of));
             })
      .run();
}

std::unique_ptr<Model> load(const ModelSpec& spec, const StateDict& state, bool has_bias) {
  const auto dim = static_cast<std::size_t>(spec.options.get<FactorOptions>().embedding_dim);
  const auto n_items = static_cast<std::size_t>(spec.n_items);
  return make_model(spec, Everybody(spec, state),
                    {.user = state.list<float>("user_factors", static_cast<std::size_t>(spec.n_users) * dim),
                     .item = state.list<float>("item_factors", n_items * dim),
                     .item_bias = state.list<float>("item_bias", has_bias ? n_items : 0)});
}

}  // namespace

std::unique_ptr<Model> fit_ials_model(const FitContext& context) {
  const auto& options = context.spec.options.get<IalsOptions>();
  return fit(context, Ials(context.train, options.positive_from, ials_shape(options), options.seed));
}

std::unique_ptr<Model> load_ials_model(const ModelSpec& spec, const StateDict& state) {
  return load(spec, state, /*has_bias=*/false);
}

std::unique_ptr<Model> fit_bpr_model(const FitContext& context) {
  const auto& options = context.spec.options.get<BprOptions>();
  return fit(context, Bpr(context.train, options.positive_from, bpr_shape(options), options.seed));
}

std::unique_ptr<Model> load_bpr_model(const ModelSpec& spec, const StateDict& state) {
  return load(spec, state, /*has_bias=*/true);
}

}  // namespace movrec
