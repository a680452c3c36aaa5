#include "movrec/model/net_model.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/fallback.hpp"
#include "movrec/net/net.hpp"
#include "movrec/ops/state.hpp"

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
      : n_items_(spec.n_items), device_(device), fallback_(std::move(fallback)) {
    const NetShape shape{spec.n_users, spec.n_items, spec.stars, fallback_.biases().mean};
    net_ = make_pair_net(spec.algorithm, shape, spec.options.net, spec.options.train.seed);
    for (EmbeddingTable& table : net_->tables()) table.weight = table.weight.to(device_);
    for (DenseWeight& weight : net_->weights())
      weight.weight = weight.weight.detach().to(device_).requires_grad_();
  }

  Net& net() { return *net_; }

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

  void score(std::span<const UserQuery> queries, std::span<float> scores) const override {
    std::vector<ItemIdx> all;
    for (std::int32_t i = 0; i < n_items_; ++i) all.push_back(ItemIdx{i});
    score_items(queries, all, n_items_, scores);
  }

  void score_items(std::span<const UserQuery> queries,
                   std::span<const ItemIdx> items,
                   std::int32_t,
                   std::span<float> scores) const override {
    at::NoGradGuard no_grad;
    std::vector<UserIdx> users;
    for (const UserQuery& query : queries) users.push_back(query.user);
    const at::Tensor out =
        net_->score(index_tensor(std::span<const UserIdx>(users), device_), index_tensor(items, device_))
            .cpu()
            .contiguous();
    std::copy_n(out.data_ptr<float>(), out.numel(), scores.data());
    fallback_.replace(queries, items, scores);
  }

  std::int64_t n_parameters() const override { return net_->n_parameters(); }

  StateDict state() const override {
    StateDict state;
    for (const EmbeddingTable& table : net_->tables()) state.set(table.name, to_state(table.weight));
    for (const DenseWeight& weight : net_->weights()) state.set(weight.name, to_state(weight.weight));
    fallback_.save(state);
    return state;
  }

  void load_weights(const StateDict& state) {
    for (EmbeddingTable& table : net_->tables()) copy_from_state(table.weight, state, table.name);
    for (DenseWeight& weight : net_->weights()) copy_from_state(weight.weight, state, weight.name);
  }

 private:
  std::int32_t n_items_;
  at::Device device_;
  Fallback fallback_;
  std::unique_ptr<Net> net_;
};

/// Losses over classes know only the stars that stand in the scale's steps.
void check_classes(const Ratings& train, const ModelSpec& spec) {
  const std::string& loss = spec.options.net.loss;
  if (loss != "ordinal" && loss != "softmax") return;
  for (const float stars : train.stars) {
    const float steps = (stars - spec.stars.min) / spec.stars.step();
    if (std::abs(steps - std::round(steps)) > 1e-3F)
      throw Error(ErrorKind::usage,
                  fmt::format("--loss {}: a rating of {} is none of its classes", loss, stars),
                  fmt::format("classes are {}, {} … {}", spec.stars.min, spec.stars.min + spec.stars.step(),
                              spec.stars.max),
                  "--loss mse or --loss huber");
  }
}

}  // namespace

std::unique_ptr<Model> fit_net_model(const FitContext& context) {
  check_classes(context.train, context.spec);
  const TrainOptions& options = context.spec.options.train;
  auto model = std::make_unique<NetModel>(
      context.spec, Fallback(fit_biases(context.train, context.spec.options.bias), context.train),
      context.device);
  Trainer trainer(model->net(), context.train, options, context.device);
  if (context.resume) {
    model->load_weights(context.resume->model);
    trainer.load(context.resume->trainer);
  }
  Trainer::Callbacks callbacks;
  callbacks.replayed_rmse = context.replayed_rmse;
  if (context.validate) callbacks.validate = [&] { return context.validate(*model); };
  if (context.on_epoch)
    callbacks.on_epoch = [&](const EpochStats& stats) {
      return context.on_epoch({stats, *model, [&] { return trainer.state(); }});
    };
  if (context.on_start) context.on_start(*model);
  trainer.run(context.last_epoch > 0 ? context.last_epoch : options.epochs, callbacks);
  return model;
}

std::unique_ptr<Model> load_net_model(const ModelSpec& spec, const StateDict& state) {
  auto model = std::make_unique<NetModel>(spec, Fallback(state, spec.n_users, spec.n_items), "cpu");
  model->load_weights(state);
  return model;
}

std::unique_ptr<Model> start_net_model(const ModelSpec& spec,
                                       const Ratings& train,
                                       Biases biases,
                                       const StateDict& weights) {
  auto model = std::make_unique<NetModel>(spec, Fallback(std::move(biases), train), "cpu");
  model->load_weights(weights);
  return model;
}

void load_net_weights(Model& model, const StateDict& state) {
  dynamic_cast<NetModel&>(model).load_weights(state);
}

}  // namespace movrec
