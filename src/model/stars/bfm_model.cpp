#include "movrec/model/stars/bfm_model.hpp"

#include <omp.h>

#include <algorithm>
#include <chrono>

#include "movrec/core/stop.hpp"
#include "movrec/solve/bfm/bfm_posterior.hpp"

namespace movrec {
namespace {

class BfmModel final : public Model {
 public:
  BfmModel(BfmPosterior posterior, std::int32_t n_items, std::int64_t n_parameters)
      : posterior_(std::move(posterior)), n_items_(n_items), n_parameters_(n_parameters) {}

  BfmPosterior& posterior() { return posterior_; }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    posterior_.predict({.users = users, .items = items, .times = {}}, stars, {});
  }
  void predict_at(std::span<const UserIdx> users,
                  std::span<const ItemIdx> items,
                  std::span<const std::int64_t> times,
                  std::span<float> stars) const override {
    posterior_.predict({.users = users, .items = items, .times = times}, stars, {});
  }

  bool knows_deviations() const override { return true; }
  void predict_deviations(std::span<const UserIdx> users,
                          std::span<const ItemIdx> items,
                          std::span<const std::int64_t> times,
                          std::span<float> deviations) const override {
    std::vector<float> stars(users.size());
    posterior_.predict({.users = users, .items = items, .times = times}, stars, deviations);
  }

  void score(std::span<const UserQuery> queries, std::span<float> scores) const override {
    std::vector<ItemIdx> items;
    for (std::int32_t item = 0; item < n_items_; ++item) items.push_back(ItemIdx{item});
    score_items(queries, items, n_items_, scores);
  }
  void score_items(std::span<const UserQuery> queries,
                   std::span<const ItemIdx> items,
                   std::int32_t /*n_items*/,
                   std::span<float> scores) const override {
    for (std::size_t q = 0; q < queries.size(); ++q) {
      const UserQuery& query = queries[q];
      const std::vector<float> folded = fold_in(query);
      const std::vector<UserIdx> users(items.size(), query.history ? kNoUser : query.user);
      posterior_.predict({.users = users, .items = items, .times = {}, .folded = folded},
                         scores.subspan(q * items.size(), items.size()), {});
    }
  }

  QuerySupport supports() const override {
    return {.history = true, .demographics = posterior_.knows_facts()};
  }

  bool knows_similarities() const override { return true; }
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    posterior_.similarities(item, similarities);
  }

  std::int64_t n_parameters() const override { return n_parameters_; }

  StateDict state() const override {
    StateDict state;
    posterior_.save(state);
    state.set("n_parameters", StateArray::of(std::span(&n_parameters_, 1), {1}));
    return state;
  }

 private:
  /// Empty if nothing is said that the draws know. A user of the training rows without a history is answered
  /// as trained, with the facts of then.
  std::vector<float> fold_in(const UserQuery& query) const {
    std::vector<ItemIdx> items;
    std::vector<float> stars;
    for (std::size_t k = 0; query.history && k < query.history->items.size(); ++k) {
      if (!posterior_.knows(query.history->items[k])) continue;
      items.push_back(query.history->items[k]);
      stars.push_back(query.history->stars[k]);
    }
    const bool is_trained = query.user != kNoUser && posterior_.knows(query.user);
    const bool has_facts = query.demographics && posterior_.knows_facts() && (query.history || !is_trained);
    if (items.empty() && !has_facts) return {};
    const Demographics who = query.demographics.value_or(Demographics{});
    return posterior_.fold_in(items, stars, {who.age, who.gender, who.occupation});
  }

  BfmPosterior posterior_;
  std::int32_t n_items_;
  std::int64_t n_parameters_;
};

/// The mean of all draws so far on validation rows, without keeping the draws: it counts on being asked for
/// the same pairs in the same order once a sweep. Before the burn-in ends it answers with the last draws
/// alone.
class RunningMean final : public Model {
 public:
  void start(const BfmPosterior& draws, bool counts) {
    draws_ = &draws;
    position_ = 0;
    n_ += counts ? 1 : 0;
    counts_ = counts;
  }

  void predict(std::span<const UserIdx> users,
               std::span<const ItemIdx> items,
               std::span<float> stars) const override {
    predict_at(users, items, {}, stars);
  }
  void predict_at(std::span<const UserIdx> users,
                  std::span<const ItemIdx> items,
                  std::span<const std::int64_t> times,
                  std::span<float> stars) const override {
    draws_->predict({.users = users, .items = items, .times = times}, stars, {});
    if (!counts_) return;
    if (sums_.size() < position_ + stars.size()) sums_.resize(position_ + stars.size());
    for (float& s : stars) {
      double& sum = sums_[position_++];
      sum += static_cast<double>(s);
      s = static_cast<float>(sum / static_cast<double>(n_));
    }
  }
  void score(std::span<const UserQuery>, std::span<float> scores) const override {
    std::ranges::fill(scores, 0.F);
  }
  std::int64_t n_parameters() const override { return 0; }
  StateDict state() const override {
    StateDict state;
    save(state);
    return state;
  }

  void save(StateDict& state) const {
    state.set("validation.n", StateArray::of(std::span(&n_, 1), {1}));
    state.set("validation.sums", StateArray::of(std::span<const double>(sums_), {std::ssize(sums_)}));
  }
  void load(const StateDict& state) {
    n_ = state.values<std::int64_t>("validation.n", 1)[0];
    const auto sums = state.get("validation.sums").as<double>();
    sums_.assign(sums.begin(), sums.end());
  }

 private:
  const BfmPosterior* draws_ = nullptr;
  std::int64_t n_ = 0;
  bool counts_ = false;
  mutable std::size_t position_ = 0;
  mutable std::vector<double> sums_;
};

std::string chain_prefix(std::size_t chain) {
  return fmt::format("chain{}.", chain);
}

/// The chains of one fit, side by side.
class Chains {
 public:
  Chains(const BfmDesign& design, const ModelSpec& spec) {
    const auto& options = spec.options.get<BfmModelOptions>();
    for (int chain = 0; chain < options.chains; ++chain)
      samplers_.emplace_back(design, options.likelihood == "probit", static_cast<int>(options.embedding_dim),
                             options.seed, chain);
  }

  /// One sweep of each chain.
  void sweep() {
    const int threads = omp_get_max_threads();
    const int at_once = std::min(threads, static_cast<int>(samplers_.size()));
    omp_set_max_active_levels(2);
#pragma omp parallel for num_threads(at_once) schedule(dynamic, 1)
    for (std::size_t chain = 0; chain < samplers_.size(); ++chain)
      samplers_[chain].sweep(std::max(threads / at_once, 1));
  }

  std::span<const BfmSampler> samplers() const {
    return samplers_;
  }
  int sweeps_done() const {
    return samplers_[0].sweeps_done();
  }
  double train_mse() const {
    double sum = 0;
    for (const BfmSampler& sampler : samplers_) sum += sampler.train_mse();
    return sum / static_cast<double>(samplers_.size());
  }
  void save(StateDict& state) const {
    for (std::size_t chain = 0; chain < samplers_.size(); ++chain)
      samplers_[chain].save(state, chain_prefix(chain));
  }
  void load(const StateDict& state) {
    for (std::size_t chain = 0; chain < samplers_.size(); ++chain)
      samplers_[chain].load(state, chain_prefix(chain));
  }

 private:
  std::vector<BfmSampler> samplers_;
};

/// Every how many sweeps the model keeps the draws, counted back from the last one.
int sweeps_per_sample(const BfmOptions& options, int sweeps) {
  const int draws = (sweeps - options.burn_in) * options.chains;
  return (draws + options.samples - 1) / options.samples;
}

/// How many sweeps there is time for, by what the first ones took; enough to have a mean at all.
int affordable_sweeps(const BfmOptions& options, double budget, double seconds_per_sweep) {
  return static_cast<int>(std::clamp(budget / seconds_per_sweep, options.burn_in + 8.0, 1e9));
}

}  // namespace

std::unique_ptr<Model> fit_bfm_model(const FitContext& context) {
  const auto& options = context.spec.options.get<BfmModelOptions>();
  if (options.burn_in >= options.sweeps)
    throw Error(ErrorKind::usage,
                fmt::format("--burn-in {} leaves none of --sweeps {}", options.burn_in, options.sweeps), {},
                fmt::format("--burn-in {}", options.sweeps / 8));
  const BfmDesign design = make_bfm_design(context.train, context.side, options.features);
  Chains chains(design, context.spec);
  const BfmSampler& first = chains.samplers()[0];
  const int rank = static_cast<int>(options.embedding_dim);
  const BfmPosterior none(design, first.levels(), rank);
  RunningMean running;
  if (context.resume) {
    chains.load(context.resume->trainer);
    running.load(context.resume->trainer);
  }
  BfmModel model(
      context.resume ? BfmPosterior(context.resume->model, context.spec.n_users, context.spec.n_items) : none,
      context.spec.n_items, first.n_parameters() * options.chains);
  const auto trainer_state = [&] {
    StateDict state;
    chains.save(state);
    running.save(state);
    return state;
  };
  // Folding users in takes as long as a sweep: once, from the draws that are kept.
  const bool runs_along = context.validate && !context.validates_newcomers;
  if (context.on_start) context.on_start(model);

  const auto seconds_since = [](std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto fit_began = std::chrono::steady_clock::now();
  const int done_before = chains.sweeps_done();
  int last = context.last_epoch > 0 ? context.last_epoch : options.sweeps;
  while (chains.sweeps_done() < last) {
    EpochStats stats;
    stats.epoch = chains.sweeps_done() + 1;
    stats.epochs = last;
    if (stop_signal() != 0) {
      stats.interrupted = true;
      if (context.on_epoch) context.on_epoch({stats, model, trainer_state});
      break;
    }
    const auto started = std::chrono::steady_clock::now();
    chains.sweep();
    const bool counts = stats.epoch > options.burn_in;
    if (context.time_budget > 0 && stats.epoch - done_before == std::max(options.burn_in, 1))
      last = std::min(
          last, done_before + affordable_sweeps(options, context.time_budget,
                                                seconds_since(fit_began) / (stats.epoch - done_before)));
    const bool keeps = counts && (last - stats.epoch) % sweeps_per_sample(options, last) == 0;
    BfmPosterior draws = none;
    if (runs_along || keeps)
      for (const BfmSampler& sampler : chains.samplers()) {
        const BfmDraw draw = sampler.draw();
        if (runs_along) draws.add(draw);
        if (keeps) model.posterior().add(draw);
      }
    stats.seconds = seconds_since(started);
    stats.train_loss = chains.train_mse();
    stats.rows = static_cast<std::int64_t>(context.train.size()) * options.chains;
    if (runs_along) {
      running.start(draws, counts);
      stats.valid = context.validate(running);
    } else if (context.validate && stats.epoch == last) {
      stats.valid = context.validate(model);
    }
    if (context.on_epoch && context.on_epoch({stats, model, trainer_state})) break;
  }
  return std::make_unique<BfmModel>(std::move(model));
}

std::unique_ptr<Model> load_bfm_model(const ModelSpec& spec, const StateDict& state) {
  return std::make_unique<BfmModel>(BfmPosterior(state, spec.n_users, spec.n_items), spec.n_items,
                                    state.values<std::int64_t>("n_parameters", 1)[0]);
}

}  // namespace movrec
