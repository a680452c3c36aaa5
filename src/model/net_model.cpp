#include "movrec/model/net_model.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

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

std::vector<std::uint8_t> known(const std::vector<std::int32_t>& counts) {
  std::vector<std::uint8_t> out;
  for (std::int32_t n : counts) out.push_back(n > 0);
  return out;
}

/// A Net as a Model: tensors stay in here.
class NetModel final : public Model {
 public:
  NetModel(const ModelSpec& spec, Biases biases, const std::string& device)
      : n_items_(spec.n_items), device_(device), biases_(std::move(biases)) {
    const NetShape shape{spec.n_users, spec.n_items, spec.stars, biases_.mean};
    net_ = make_pair_net(spec.algorithm, shape, spec.options.net, spec.options.train.seed);
    for (EmbeddingTable& table : net_->tables()) table.weight = table.weight.to(device_);
    for (DenseWeight& weight : net_->weights())
      weight.weight = weight.weight.detach().to(device_).requires_grad_();
  }

  void set_known(const Ratings& train) {
    known_user_ = known(ratings_per_user(train));
    known_item_ = known(ratings_per_item(train));
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
    for (std::size_t i = 0; i < users.size(); ++i)
      if (!knows(users[i]) || !knows(items[i])) stars[i] = fallback(users[i], items[i]);
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
    std::vector<std::size_t> cold;
    for (std::size_t k = 0; k < items.size(); ++k)
      if (!knows(items[k])) cold.push_back(k);
    for (std::size_t u = 0; u < users.size(); ++u) {
      const auto row = scores.subspan(u * items.size(), items.size());
      if (knows(users[u])) {
        for (const std::size_t k : cold) row[k] = fallback(users[u], items[k]);
      } else {
        for (std::size_t k = 0; k < items.size(); ++k) row[k] = fallback(users[u], items[k]);
      }
    }
  }

  std::int64_t n_parameters() const override { return net_->n_parameters(); }

  StateDict state() const override {
    StateDict state;
    for (const EmbeddingTable& table : net_->tables()) state.set(table.name, to_state(table.weight));
    for (const DenseWeight& weight : net_->weights()) state.set(weight.name, to_state(weight.weight));
    state.set("fallback.mean", StateArray::of(std::span<const double>(&biases_.mean, 1), {1}));
    state.set("fallback.user", StateArray::of(std::span<const float>(biases_.user), {n(biases_.user)}));
    state.set("fallback.item", StateArray::of(std::span<const float>(biases_.item), {n(biases_.item)}));
    state.set("known.user", known_state(known_user_));
    state.set("known.item", known_state(known_item_));
    return state;
  }

  void load_weights(const StateDict& state) {
    for (EmbeddingTable& table : net_->tables()) copy_from_state(table.weight, state, table.name);
    for (DenseWeight& weight : net_->weights()) copy_from_state(weight.weight, state, weight.name);
  }

  void load_known(const StateDict& state, const ModelSpec& spec) {
    const auto users = state.values<std::int32_t>("known.user", static_cast<std::size_t>(spec.n_users));
    const auto items = state.values<std::int32_t>("known.item", static_cast<std::size_t>(spec.n_items));
    known_user_.assign(users.begin(), users.end());
    known_item_.assign(items.begin(), items.end());
  }

 private:
  bool knows(UserIdx user) const { return user != kNoUser && known_user_[index(user)] != 0; }
  bool knows(ItemIdx item) const { return item != kNoItem && known_item_[index(item)] != 0; }
  float fallback(UserIdx user, ItemIdx item) const { return biases_.predict(user, item); }

  template <class T>
  static std::int64_t n(const std::vector<T>& values) {
    return static_cast<std::int64_t>(values.size());
  }
  static StateArray known_state(const std::vector<std::uint8_t>& flags) {
    const std::vector<std::int32_t> numbers(flags.begin(), flags.end());
    return StateArray::of(std::span(numbers), {n(numbers)});
  }

  std::int32_t n_items_;
  at::Device device_;
  Biases biases_;
  std::vector<std::uint8_t> known_user_, known_item_;
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
  auto model = std::make_unique<NetModel>(context.spec, fit_biases(context.train, context.spec.options.bias),
                                          context.device);
  model->set_known(context.train);
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
  Biases biases;
  biases.mean = state.values<double>("fallback.mean", 1)[0];
  const auto user = state.values<float>("fallback.user", static_cast<std::size_t>(spec.n_users));
  const auto item = state.values<float>("fallback.item", static_cast<std::size_t>(spec.n_items));
  biases.user.assign(user.begin(), user.end());
  biases.item.assign(item.begin(), item.end());
  auto model = std::make_unique<NetModel>(spec, std::move(biases), "cpu");
  model->load_known(state, spec);
  model->load_weights(state);
  return model;
}

std::unique_ptr<Model> start_net_model(const ModelSpec& spec,
                                       const Ratings& train,
                                       Biases biases,
                                       const StateDict& weights) {
  auto model = std::make_unique<NetModel>(spec, std::move(biases), "cpu");
  model->set_known(train);
  model->load_weights(weights);
  return model;
}

void load_net_weights(Model& model, const StateDict& state) {
  dynamic_cast<NetModel&>(model).load_weights(state);
}

}  // namespace movrec
