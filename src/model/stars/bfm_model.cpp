#include "movrec/model/stars/bfm_model.hpp"

#include <omp.h>

#include <algorithm>
#include <chrono>

#include "model/common/fit_epochs.hpp"
#include "movrec/core/stop.hpp"
#include "movrec/solve/bfm/bfm_posterior.hpp"

namespace movrec {
namespace {

class BfmModel final : public Model {
 public:
  BfmModel(BfmPosterior posterior, std::int32_t n_items, std::int64_t n_parameters)
      : posterior_(std::move(posterior)), n_items_(n_items), n_parameters_(n_parameters) {}

  BfmPosterior& posterior() { return posterior_; }
  std::int32_t n_items() const override { return n_items_; }

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

  void do_score(std::span<const UserQuery> queries, std::span<float> scores) const override {
    score_items(queries, all_items(), scores);
  }
  void do_score_items(std::span<const UserQuery> queries,
                      std::span<const ItemIdx> items,
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
    return {.history = true, .demographics = posterior_.knows_facts(), .stars = true};
  }

  bool knows_similarities() const override { return true; }
  void item_similarities(ItemIdx item, std::span<float> similarities) const override {
    posterior_.similarities(item, similarities);
  }

  std::int64_t n_parameters() const override { return n_parameters_; }

  StateDict state() const override {
    StateDict state;
    posterior_.save(state);
    state.set("n_parameters", n_parameters_);
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

/// The mean of all draws so far on validation rows, without keeping the draws. No model: it counts on being
/// asked, by one thread, for the same pairs in the same order once a sweep. Before the burn-in ends it answers
/// with the last draws alone.
class RunningMean final : public Predictor {
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

  void save(StateDict& state) const {
    state.set("validation.n", n_);
    state.set("validation.sums", sums_);
  }
  void load(const StateDict& state) {
    n_ = state.number<std::int64_t>("validation.n");
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
    const int levels = omp_get_max_active_levels();
    omp_set_max_active_levels(2);
#pragma omp parallel for num_threads(at_once) schedule(dynamic, 1)
    for (std::size_t chain = 0; chain < samplers_.size(); ++chain)
      samplers_[chain].sweep(std::max(threads / at_once, 1));
    omp_set_max_active_levels(levels);
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

/// The sweeps of a fit, as epochs.
class BfmFit final : public EpochStepper {
 public:
  explicit BfmFit(const FitContext& context)
      : context_(context),
        options_(context.spec.options.get<BfmModelOptions>()),
        design_(make_bfm_design(context.train, context.side, options_.features)),
        chains_(design_, context.spec),
        none_(design_, chains_.samplers()[0].levels(), static_cast<int>(options_.embedding_dim)),
        model_(std::make_unique<BfmModel>(
            context.resume ? BfmPosterior(context.resume->model, context.spec.n_users, context.spec.n_items)
                           : none_,
            context.spec.n_items,
            chains_.samplers()[0].n_parameters() * options_.chains)),
        last_(context.last_epoch > 0 ? context.last_epoch : options_.sweeps) {
    if (!context.resume) return;
    chains_.load(context.resume->trainer);
    running_.load(context.resume->trainer);
  }

  std::unique_ptr<Model> run() {
    began_ = Clock::now();
    done_before_ = epochs_done();
    std::function<double()> validate;
    if (context_.validate) validate = [this] { return this->validate(); };
    fit_epochs(
        context_, *this, options_.sweeps, *model_, [this] { return state(); }, validate);
    return std::move(model_);
  }

  int epochs_done() const override { return chains_.sweeps_done(); }
  bool ends_early() const override { return epochs_done() >= last_; }

  EpochStats run_epoch() override {
    EpochStats stats;
    stats.epoch = epochs_done() + 1;
    stats.epochs = last_;
    stats.interrupted = stop_signal() != 0;
    if (stats.interrupted) return stats;
    const auto started = Clock::now();
    chains_.sweep();
    const bool counts = stats.epoch > options_.burn_in;
    plan(stats.epoch - done_before_);
    keep_draws(counts, counts && (last_ - stats.epoch) % sweeps_per_sample(options_, last_) == 0);
    stats.seconds = seconds_since(started);
    stats.train_loss = chains_.train_mse();
    stats.rows = static_cast<std::int64_t>(context_.train.size()) * options_.chains;
    return stats;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// After the first sweeps, how many there is time for.
  void plan(int swept) {
    if (context_.time_budget <= 0 || swept != std::max(options_.burn_in, 1)) return;
    last_ = std::min(last_, done_before_ + affordable_sweeps(options_, context_.time_budget,
                                                             seconds_since(began_) / swept));
  }

  void keep_draws(bool counts, bool keeps) {
    const bool runs_along = context_.validate_pairs != nullptr;
    if (!runs_along && !keeps) return;
    now_ = none_;
    for (const BfmSampler& sampler : chains_.samplers()) {
      const BfmDraw draw = sampler.draw();
      if (runs_along) now_.add(draw);
      if (keeps) model_->posterior().add(draw);
    }
    if (runs_along) running_.start(now_, counts);
  }

  /// Folding users in takes as long as a sweep: once, from the draws that are kept.
  double validate() {
    if (context_.validate_pairs) return context_.validate_pairs(running_);
    return epochs_done() == last_ ? context_.validate(*model_) : 0;
  }

  StateDict state() const {
    StateDict state;
    chains_.save(state);
    running_.save(state);
    return state;
  }

  const FitContext& context_;
  const BfmModelOptions& options_;
  BfmDesign design_;
  Chains chains_;
  BfmPosterior none_, now_{none_};  ///< no draws, and those of the last sweep
  RunningMean running_;
  std::unique_ptr<BfmModel> model_;
  int last_, done_before_ = 0;
  Clock::time_point began_{};
};

}  // namespace

std::unique_ptr<Model> fit_bfm_model(const FitContext& context) {
  const auto& options = context.spec.options.get<BfmModelOptions>();
  if (options.burn_in >= options.sweeps)
    throw Error(ErrorKind::usage,
                fmt::format("‹burn-in› {} leaves none of ‹sweeps› {}", options.burn_in, options.sweeps), {},
                fmt::format("‹burn-in› {}", options.sweeps / 8));
  return BfmFit(context).run();
}

std::unique_ptr<Model> load_bfm_model(const ModelSpec& spec, const StateDict& state) {
  return std::make_unique<BfmModel>(BfmPosterior(state, spec.n_users, spec.n_items), spec.n_items,
                                    state.number<std::int64_t>("n_parameters"));
}

}  // namespace movrec
