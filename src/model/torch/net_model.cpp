#include "movrec/model/torch/net_model.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "model/common/cosines.hpp"
#include "model/common/estimated_lists.hpp"
#include "model/common/fallback.hpp"
#include "model/common/fit_epochs.hpp"
#include "model/common/lazy.hpp"
#include "model/torch/net_fold_in.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/model/torch/mf_model.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/state.hpp"
#include "movrec/solve/mf/mf_fold_in.hpp"
#include "movrec/train/trainer.hpp"

namespace movrec {
namespace {

constexpr std::size_t kPairsPerBlock = 1 << 18;

template <class Idx>
at::Tensor index_tensor(std::span<const Idx> indices, const at::Device& device) {
  at::Tensor out = at::empty({static_cast<std::int64_t>(indices.size())}, at::kInt);
  auto* to = out.data_ptr<std::int32_t>();
  // What the model does not know reads row 0; its result is replaced.
  for (std::size_t i = 0; i < indices.size(); ++i) to[i] = std::max(number(indices[i]), 0);
  return out.to(device);
}

/// A Net as a Model: tensors stay in here.
class NetModel final : public Model {
 public:
  NetModel(const ModelSpec& spec, Fallback fallback, const std::string& device)
      : spec_(spec), device_(device), fallback_(std::move(fallback)), net_(make_net()) {
    for (EmbeddingTable& table : net_->tables()) table.weight = table.weight.to(device_);
    for (DenseWeight& weight : net_->weights())
      weight.weight = weight.weight.detach().to(device_).requires_grad_();
  }

  Net& net() { return *net_; }
  std::int32_t n_items() const override { return spec_.n_items; }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    at::NoGradGuard no_grad;
    for (std::size_t begin = 0; begin < users.size(); begin += kPairsPerBlock) {
      const std::size_t n = std::min(kPairsPerBlock, users.size() - begin);
      const at::Tensor user_rows = index_tensor(users.subspan(begin, n), device_);
      const at::Tensor item_rows = index_tensor(items.subspan(begin, n), device_);
      const at::Tensor out = net_->predict(user_rows, item_rows).cpu().contiguous();
      std::copy_n(out.data_ptr<float>(), n, stars.data() + begin);
    }
    fallback_.replace(users, items, stars);
  }

  void do_score(std::span<const UserQuery> queries, std::span<float> scores) const override {
    score_items(queries, all_items(), scores);
  }

  void do_score_items(std::span<const UserQuery> queries,
                      std::span<const ItemIdx> items,
                      std::span<float> scores) const override {
    at::NoGradGuard no_grad;
    score_rows(user_rows(queries), queries, items, scores);
  }

  std::vector<std::vector<ScoredItem>> do_best_items(std::span<const UserQuery> queries,
                                                     std::span<const ItemIdx> items,
                                                     std::span<const std::span<const ItemIdx>> seen,
                                                     std::size_t n) const override {
    at::NoGradGuard no_grad;
    const std::vector<at::Tensor> rows = user_rows(queries);
    const auto estimates =
        estimates_pay(n, items.size()) ? net_->estimate_rows(rows, index_tensor(items, device_)) : nullptr;
    if (estimates) return best_by_estimates(*estimates, fallback_, queries, items, seen, n);
    std::vector<float> scores(queries.size() * items.size());
    score_rows(rows, queries, items, scores);
    return best_of_rows(scores, items, seen, n);
  }

  QuerySupport supports() const override { return {.history = true, .stars = true}; }

  bool knows_similarities() const override { return true; }
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    cosines(joined_rows(*net_, Side::item, false), fallback_.known_items(), item, similarities);
  }

  std::int64_t n_parameters() const override { return net_->n_parameters(); }

  StateDict state() const override {
    StateDict state;
    for (const EmbeddingTable& table : net_->tables()) state.set(table.name, to_state(table.weight));
    for (const DenseWeight& weight : net_->weights()) state.set(weight.name, to_state(weight.weight));
    fallback_.save(state);
    if (prior_) prior_->save(state);
    return state;
  }

  void load_weights(const StateDict& state) {
    for (EmbeddingTable& table : net_->tables()) copy_from_state(table.weight, state, table.name);
    for (DenseWeight& weight : net_->weights()) copy_from_state(weight.weight, state, weight.name);
    als_.reset();
    if (MfPrior::stands_in(state))
      prior_ = MfPrior::of(state, static_cast<std::size_t>(spec_.n_items),
                           static_cast<std::size_t>(spec_.options.get<FactorOptions>().embedding_dim));
  }

 private:
  void score_rows(std::span<const at::Tensor> rows,
                  std::span<const UserQuery> queries,
                  std::span<const ItemIdx> items,
                  std::span<float> scores) const {
    const at::Tensor out = net_->score_rows(rows, index_tensor(items, device_)).cpu().contiguous();
    std::copy_n(out.data_ptr<float>(), out.numel(), scores.data());
    fallback_.replace(queries, items, scores);
  }

  std::unique_ptr<Net> make_net() const {
    const NetShape shape{spec_.n_users, spec_.n_items, spec_.stars, fallback_.biases().mean};
    return make_pair_net(spec_.algorithm, shape, spec_.options.as<NetOptions>(),
                         spec_.options.get<FitOptions>().seed);
  }

  /// Each user table's rows of the queries: the trained ones, or what a history is solved into.
  std::vector<at::Tensor> user_rows(std::span<const UserQuery> queries) const {
    std::vector<UserIdx> users;
    std::vector<std::pair<std::int64_t, KnownHistory>> histories;
    for (const UserQuery& query : queries) {
      users.push_back(query.history ? kNoUser : query.user);
      if (!query.history) continue;
      KnownHistory known = fallback_.known(*query.history);
      if (!known.empty()) histories.emplace_back(std::ssize(users) - 1, std::move(known));
    }
    const at::Tensor rows = index_tensor(std::span<const UserIdx>(users), device_);
    std::vector<at::Tensor> out;
    for (const EmbeddingTable& table : net_->tables())
      if (table.side == Side::user) out.push_back(table.weight.detach().index_select(0, rows));
    if (histories.empty()) return out;
    const std::vector<float> solved = fold_in(histories);
    std::vector<std::int64_t> places;
    for (const auto& [place, history] : histories) places.push_back(place);
    const at::Tensor all = at::from_blob(const_cast<float*>(solved.data()),
                                         {std::ssize(histories), std::ssize(solved) / std::ssize(histories)});
    std::int64_t column = 0;
    for (at::Tensor& of_table : out) {
      of_table.index_copy_(0, at::tensor(places).to(device_),
                           all.slice(1, column, column + of_table.size(1)).contiguous().to(device_));
      column += of_table.size(1);
    }
    return out;
  }

  /// [histories, width of all user tables].
  std::vector<float> fold_in(const std::vector<std::pair<std::int64_t, KnownHistory>>& histories) const {
    std::size_t width = 0;
    for (const EmbeddingTable& table : net_->tables())
      if (table.side == Side::user) width += static_cast<std::size_t>(table.weight.size(1));
    std::vector<float> rows(histories.size() * width);
    const auto solve_all = [&](const auto& solve) {
      for_each_task(std::ssize(histories), [&](std::int64_t k) {
        const auto at = static_cast<std::size_t>(k);
        solve(histories[at].second.view(), std::span(rows).subspan(at * width, width));
      });
    };
    if (prior_) {
      const MfAlsFoldIn& als = *als_.get([&] { return make_als_fold_in(); });
      solve_all([&](const History& history, std::span<float> row) { als.solve(history, row); });
      return rows;
    }
    const std::unique_ptr<Net> copy = device_.is_cpu() ? nullptr : make_net();
    if (copy) {
      for (std::size_t t = 0; t < copy->tables().size(); ++t)
        copy->tables()[t].weight.copy_(net_->tables()[t].weight);
      for (std::size_t w = 0; w < copy->weights().size(); ++w)
        copy->weights()[w].weight.copy_(net_->weights()[w].weight);
    }
    const NetFoldIn by_gradient(copy ? *copy : *net_, spec_, fallback_.known_users());
    solve_all([&](const History& history, std::span<float> row) { by_gradient.solve(history, row); });
    return rows;
  }

  std::unique_ptr<MfAlsFoldIn> make_als_fold_in() const {
    MfTables tables;
    for (const EmbeddingTable& table : net_->tables()) {
      if (table.side == Side::item)
        (table.name == "item_factors" ? tables.item_factors : tables.item_bias) = host_values(table.weight);
    }
    return std::make_unique<MfAlsFoldIn>(tables, *prior_, mf_shape(spec_.options.as<NetOptions>()),
                                         spec_.options.get<MfAlsOptions>(), fallback_.biases().mean);
  }

  ModelSpec spec_;
  at::Device device_;
  Fallback fallback_;
  std::unique_ptr<Net> net_;
  std::optional<MfPrior> prior_;            ///< of a net that MfAls has fitted
  Lazy<std::unique_ptr<MfAlsFoldIn>> als_;  ///< made when a history first asks for it
};

/// Losses over classes know only the stars that stand in the scale's steps.
void check_classes(const Ratings& train, const ModelSpec& spec) {
  const std::string loss = spec.options.as<HeadOptions>().loss;
  if (loss != "ordinal" && loss != "softmax") return;
  for (const float stars : train.stars) {
    const float steps = (stars - spec.stars.min) / spec.stars.step();
    if (std::abs(steps - std::round(steps)) > 1e-3F)
      throw Error(ErrorKind::usage,
                  fmt::format("‹loss› {}: a rating of {} is none of its classes", loss, stars),
                  fmt::format("classes are {}, {} … {}", spec.stars.min, spec.stars.min + spec.stars.step(),
                              spec.stars.max),
                  "‹loss› mse or ‹loss› huber");
  }
}

}  // namespace

std::unique_ptr<Model> fit_net_model(const FitContext& context) {
  check_classes(context.train, context.spec);
  const auto& options = context.spec.options.get<TrainOptions>();
  auto model = std::make_unique<NetModel>(
      context.spec,
      Fallback(context.spec, fit_biases(context.train, context.spec.options.get<BiasOptions>()),
               context.train),
      context.device);
  Trainer trainer(model->net(), context.train, options, context.device);
  if (context.resume) {
    model->load_weights(context.resume->model);
    trainer.load(context.resume->trainer);
  }
  fit_epochs(context, trainer, options.epochs, *model, [&] { return trainer.state(); });
  return model;
}

std::unique_ptr<Model> load_net_model(const ModelSpec& spec, const StateDict& state) {
  auto model = std::make_unique<NetModel>(spec, Fallback(spec, state), "cpu");
  model->load_weights(state);
  return model;
}

std::unique_ptr<Model> start_net_model(const ModelSpec& spec,
                                       const Ratings& train,
                                       Biases biases,
                                       const StateDict& weights) {
  auto model = std::make_unique<NetModel>(spec, Fallback(spec, std::move(biases), train), "cpu");
  model->load_weights(weights);
  return model;
}

void load_net_weights(Model& model, const StateDict& state) {
  dynamic_cast<NetModel&>(model).load_weights(state);
}

}  // namespace movrec
