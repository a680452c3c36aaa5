#include "movrec/model/stars/sparsefc_model.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/multiversion.hpp"
#include "model/common/cosines.hpp"
#include "model/common/fallback.hpp"
#include "model/common/lazy.hpp"
#include "model/common/solver_fit.hpp"
#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/solve/sparsefc/sparsefc.hpp"
#include "solve/common/ridge.hpp"

namespace movrec {
namespace {

constexpr std::size_t kPairsPerTask = 4096;
MOVREC_MULTIVERSION
float dot(const float* a, const float* b, std::size_t n) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

class SparseFcModel final : public Model {
 public:
  SparseFcModel(Fallback fallback, ItemCodes codes, std::int64_t n_parameters)
      : fallback_(std::move(fallback)), codes_(std::move(codes)), n_parameters_(n_parameters) {}

  void set_codes(ItemCodes codes) {
    codes_ = std::move(codes);
    prior_.reset();
  }

  std::int32_t n_items() const override {
    return static_cast<std::int32_t>(codes_.codes.size() / codes_.dim);
  }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    const std::size_t n_tasks = (users.size() + kPairsPerTask - 1) / kPairsPerTask;
    for_each_task(static_cast<std::int64_t>(n_tasks), [&](std::int64_t task) {
      const std::size_t begin = static_cast<std::size_t>(task) * kPairsPerTask;
      for (std::size_t k = begin; k < std::min(users.size(), begin + kPairsPerTask); ++k) {
        if (users[k] == kNoUser || items[k] == kNoItem) continue;  // the fallback's
        stars[k] = codes_.bias[index(users[k])] + dot(user_row(users[k]), item_row(items[k]), codes_.dim);
      }
    });
    fallback_.replace(users, items, stars);
  }

  void do_score(std::span<const UserQuery> queries, std::span<float> scores) const override {
    multiply(queries, codes_.codes, all_items(), scores);
  }

  void do_score_items(std::span<const UserQuery> queries,
                      std::span<const ItemIdx> items,
                      std::span<float> scores) const override {
    std::vector<float> picked;
    picked.reserve(items.size() * codes_.dim);
    for (const ItemIdx item : items) picked.insert(picked.end(), item_row(item), item_row(item) + codes_.dim);
    multiply(queries, picked, items, scores);
  }

  QuerySupport supports() const override { return {.history = true, .stars = true}; }

  bool knows_similarities() const override { return true; }
  /// Of the codes less their mean: sigmoids are all positive.
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    const RowPrior of_items = row_prior(codes_.codes.data(), codes_.dim, fallback_.known_items());
    std::vector<float> centred = codes_.codes;
    for (std::size_t k = 0; k < centred.size(); ++k) centred[k] -= of_items.mean[k % codes_.dim];
    cosines(centred, fallback_.known_items(), item, similarities);
  }

  std::int64_t n_parameters() const override { return n_parameters_; }

  StateDict state() const override {
    const auto dim = static_cast<std::int64_t>(codes_.dim);
    StateDict state;
    fallback_.save(state);
    state.set("codes", StateArray::of(std::span(codes_.codes), {std::ssize(codes_.codes) / dim, dim}));
    state.set("decoder", StateArray::of(std::span(codes_.decoder), {std::ssize(codes_.decoder) / dim, dim}));
    state.set("user_bias", codes_.bias);
    state.set("n_parameters", n_parameters_);
    return state;
  }

 private:
  const float* user_row(UserIdx user) const { return codes_.decoder.data() + index(user) * codes_.dim; }
  const float* item_row(ItemIdx item) const { return codes_.codes.data() + index(item) * codes_.dim; }

  void multiply(std::span<const UserQuery> queries,
                const std::vector<float>& item_rows,
                std::span<const ItemIdx> items,
                std::span<float> scores) const {
    const std::size_t width = codes_.dim;
    std::vector<float> user_rows(queries.size() * width), bias(queries.size());
    const DecoderPrior* prior = nullptr;
    if (std::ranges::any_of(queries, [](const UserQuery& query) { return query.history.has_value(); }))
      prior = &prior_.get([&] { return DecoderPrior(*this); });
    for_each_task(std::ssize(queries), [&](std::int64_t task) {
      const auto q = static_cast<std::size_t>(task);
      const auto row = std::span(user_rows).subspan(q * width, width);
      const UserIdx user = queries[q].user;
      if (queries[q].history) {
        bias[q] = fold_in(fallback_.known(*queries[q].history), *prior, row);
      } else if (user != kNoUser) {
        bias[q] = codes_.bias[index(user)];
        std::copy_n(user_row(user), width, row.data());
      }
      std::fill_n(scores.data() + q * items.size(), items.size(), bias[q]);
    });
    const auto dim = static_cast<std::int64_t>(codes_.dim), n = static_cast<std::int64_t>(items.size());
    gemm(Transpose::no, Transpose::yes, std::ssize(queries), n, dim, user_rows.data(), dim, item_rows.data(),
         dim, 1, scores.data(), n);
    fallback_.replace(queries, items, scores);
  }

  /// What the decoder's rows and biases of the trained users are like.
  struct DecoderPrior {
    explicit DecoderPrior(const SparseFcModel& model)
        : row(row_prior(model.codes_.decoder.data(), model.codes_.dim, model.fallback_.known_users())),
          bias(row_prior(model.codes_.bias.data(), 1, model.fallback_.known_users())) {}
    RowPrior row, bias;
  };

  /// A new user's row of the decoder, and his bias: the ridge regression of his stars on the codes that is
  /// drawn to the other users' rows.
  float fold_in(const KnownHistory& history, const DecoderPrior& prior, std::span<float> row) const {
    const std::size_t width = codes_.dim, n = history.items.size();
    std::vector<float> mean = prior.row.mean, penalty(width + 1), solved(width + 1);
    mean.push_back(prior.bias.mean[0]);
    for (std::size_t f = 0; f < width; ++f)
      penalty[f] = static_cast<float>(prior_pull(kRatingNoise, prior.row.variance[f], n));
    penalty[width] = static_cast<float>(prior_pull(kRatingNoise, prior.bias.variance[0], n));
    RidgeSolver solver(width + 1);
    float* to = solver.rows(n);
    for (std::size_t k = 0; k < n; ++k, to += solver.stride()) {
      std::copy_n(item_row(history.items[k]), width, to);
      to[width] = 1;
    }
    solver.solve(history.stars, penalty, mean, solved);
    std::copy_n(solved.begin(), width, row.begin());
    return solved[width];
  }

  Fallback fallback_;
  ItemCodes codes_;
  std::int64_t n_parameters_;
  Lazy<DecoderPrior> prior_;  ///< made when a history first asks for it
};

}  // namespace

std::unique_ptr<Model> fit_sparsefc_model(const FitContext& context) {
  const auto& options = context.spec.options.get<SparseFcModelOptions>();
  const Biases biases = fit_biases(context.train, options);
  return SolverFit<SparseFc, 1>(
             context, SparseFc(context.train, biases, options.layers, options, options.seed),
             [&](const SparseFc& solver) {
               return std::make_unique<SparseFcModel>(Fallback(context.spec, biases, context.train),
                                                      solver.codes(), solver.n_parameters());
             },
             [](Model& model, const SparseFc& solver) {
               dynamic_cast<SparseFcModel&>(model).set_codes(solver.codes());
             })
      .run();
}

std::unique_ptr<Model> load_sparsefc_model(const ModelSpec& spec, const StateDict& state) {
  const auto n_users = static_cast<std::size_t>(spec.n_users),
             n_items = static_cast<std::size_t>(spec.n_items);
  const std::vector<std::int64_t>& layers = spec.options.get<LayerOptions>().layers;
  if (layers.empty()) fail(ErrorKind::model, "the checkpoint's model has no layers");
  ItemCodes codes{.dim = static_cast<std::size_t>(layers.back()), .codes = {}, .decoder = {}, .bias = {}};
  codes.codes = state.list<float>("codes", n_items * codes.dim);
  codes.decoder = state.list<float>("decoder", n_users * codes.dim);
  codes.bias = state.list<float>("user_bias", n_users);
  return std::make_unique<SparseFcModel>(Fallback(spec, state), std::move(codes),
                                         state.number<std::int64_t>("n_parameters"));
}

}  // namespace movrec
