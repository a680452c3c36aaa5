#include "movrec/solve/mf/mf_als.hpp"

#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/padded.hpp"
#include "movrec/core/loop_stop.hpp"
#include "movrec/core/random.hpp"
#include "solve/common/rating_lists.hpp"
#include "solve/mf/bag_prior.hpp"
#include "solve/mf/mf_als_row.hpp"

namespace movrec {
namespace {

constexpr double kInitStd = 0.1;
constexpr double kStartPrecision = 12;
constexpr double kMaxPrecision = 1e6;
/// Of ratings without noise: more would leave float no digits for the equations.
constexpr double kMaxNoise = 1e3;
constexpr int kRowsPerTask = 16;

/// What a step changes row by row.
struct TableRows {
  std::vector<float> mean, variance;       ///< [n, dim], of the factors' posteriors
  std::vector<float> bias, bias_variance;  ///< [n]
  std::vector<float> weight;               ///< [n], of the row's ratings; around 1
};

/// The users or the items.
struct Table : TableRows {
  Table(RatingLists l, std::size_t dim, double precision_of_factors)
      : lists(std::move(l)), precision(dim, precision_of_factors) {
    mean.resize(lists.size() * dim);
    variance.resize(lists.size() * dim);
    bias.resize(lists.size());
    bias_variance.resize(lists.size());
    weight.assign(lists.size(), 1.F);
  }

  TableView view(std::size_t dim) const {
    return {mean.data(), variance.data(), bias.data(), weight.data(), dim};
  }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit("mean", self.mean);
    visit("variance", self.variance);
    visit("bias", self.bias);
    visit("bias_variance", self.bias_variance);
    visit("weight", self.weight);
    visit("precision", self.precision);
    visit("bias_prior", self.bias_prior);
  }

  RatingLists lists;
  std::vector<double> precision;          ///< [dim], of the factors' prior
  std::vector<double> bias_prior{0, 10};  ///< mean and precision
};

}  // namespace

struct MfAls::Impl {
  Impl(const Ratings& train, const Biases& start, const MfShape& s, const MfAlsOptions& o, std::uint64_t seed)
      : shape(s),
        options(o),
        dim(padded(s.dim)),
        n_ratings(train.size()),
        offset(s.global_mean ? static_cast<float>(start.mean) : 0.F),
        users(rating_lists(train.users, train.items, train.stars, train.n_users), dim, kStartPrecision),
        items(rating_lists(train.items, train.users, train.stars, train.n_items), dim, kStartPrecision),
        user_prior(users.lists, items.lists, dim, o.implicit_l2),
        item_prior(items.lists, users.lists, dim, o.implicit_l2) {
    draw(users, mix_seed(seed, 0));
    draw(items, mix_seed(seed, 1));
    const float rest = static_cast<float>(start.mean) - offset;
    if (shape.biases) {
      users.bias = start.user;
      items.bias = start.item;
      for (float& bias : items.bias) bias += rest;
      items.bias_prior[0] = static_cast<double>(rest);
    } else {
      for (std::size_t u = 0; u < users.lists.size(); ++u) {
        users.mean[u * dim] = 1;
        if (shape.dim > 1) users.mean[u * dim + 1] = start.user[u];
      }
      for (std::size_t i = 0; i < items.lists.size(); ++i) {
        items.mean[i * dim] = rest + start.item[i];
        if (shape.dim > 1) items.mean[i * dim + 1] = 1;
      }
    }
    user_prior.start(users.mean);
    item_prior.start(items.mean);
  }

  void draw(Table& table, std::uint64_t seed) const {
    const auto n = static_cast<std::ptrdiff_t>(table.lists.size());
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t row = 0; row < n; ++row) {
      RandomStream random(seed, static_cast<std::uint64_t>(row));
      for (std::size_t f = 0; f < shape.dim; ++f)
        table.mean[static_cast<std::size_t>(row) * dim + f] = static_cast<float>(kInitStd * random.normal());
    }
  }

  /// All rows of `own`, given `other`; after a stop none of them.
  bool solve(Table& own, const Table& other, BagPrior& prior) {
    const auto n = static_cast<std::ptrdiff_t>(own.lists.size());
    std::vector<AlsResult> results(own.lists.size());
    const TableRows before = own;
    LoopStop stop;
#pragma omp parallel
    {
      AlsWorkspace work(dim);
#pragma omp for schedule(dynamic, kRowsPerTask)
      for (std::ptrdiff_t row = 0; row < n; ++row) {
        const auto r = static_cast<std::size_t>(row);
        if (own.lists.count(r) > 0 && !stop.asked())
          results[r] = solve_row(own, other, prior.prior().data() + r * dim, r, work);
      }
    }
    if (stop.stopped()) {
      static_cast<TableRows&>(own) = before;
      return false;
    }
    double squares = 0, loss = 0;
    for (const AlsResult& result : results) squares += result.squares, loss += result.loss;
    if (n_ratings > 0 && squares > 0) noise = std::min(static_cast<double>(n_ratings) / squares, kMaxNoise);
    if (&own == &items || !std::isfinite(loss)) loss_sum = loss;
    // The first factors are mostly noise: nothing to learn a link from.
    if (steps >= 2) prior.update(own.mean);
    learn_precision(own, prior);
    return true;
  }

  AlsResult solve_row(
      Table& own, const Table& other, const float* prior, std::size_t row, AlsWorkspace& work) {
    const AlsProblem problem{.other = other.view(dim),
                             .others = own.lists.others_of(row),
                             .stars = own.lists.stars_of(row),
                             .offset = offset,
                             .dim = shape.dim,
                             .precision = own.precision.data(),
                             .prior = prior,
                             .has_bias = shape.biases,
                             .bias_mean = own.bias_prior[0],
                             .bias_precision = own.bias_prior[1],
                             .noise = noise,
                             .noise_damping = options.noise_damping,
                             .wants_loss = &own == &items};  // once an epoch
    AlsRow solved{own.mean.data() + row * dim, own.variance.data() + row * dim, own.bias[row],
                  own.bias_variance[row], own.weight[row]};
    const AlsResult result = solve_als_row(problem, solved, work);
    own.bias[row] = solved.bias;
    own.bias_variance[row] = solved.bias_variance;
    own.weight[row] = solved.weight;
    return result;
  }

  void learn_precision(Table& own, const BagPrior& prior) const {
    std::vector<double> sums(dim);
    double n = 0, bias_sum = 0, bias_squares = 0;
    for (std::size_t row = 0; row < own.lists.size(); ++row) {
      if (own.lists.count(row) == 0) continue;
      ++n;
      for (std::size_t f = 0; f < dim; ++f) {
        const std::size_t at = row * dim + f;
        const double off = static_cast<double>(own.mean[at]) - static_cast<double>(prior.prior()[at]);
        sums[f] += off * off + static_cast<double>(own.variance[at]);
      }
      const auto bias = static_cast<double>(own.bias[row]);
      bias_sum += bias;
      bias_squares += bias * bias + static_cast<double>(own.bias_variance[row]);
    }
    if (n == 0) return;
    for (std::size_t f = 0; f < shape.dim; ++f) own.precision[f] = std::min(n / sums[f], kMaxPrecision);
    own.bias_prior[0] = bias_sum / n;
    own.bias_prior[1] = std::min(
        1 / std::max(bias_squares / n - own.bias_prior[0] * own.bias_prior[0], 1e-12), kMaxPrecision);
  }

  MfShape shape;
  MfAlsOptions options;
  std::size_t dim;  ///< padded: the factors from shape.dim on are 0
  std::size_t n_ratings;
  float offset;
  Table users, items;
  BagPrior user_prior, item_prior;
  double noise = 1.2;  ///< precision of a rating, in 1/stars²
  double loss_sum = 0;
  std::int64_t steps = 0;
};

MfAls::MfAls(const Ratings& train,
             const Biases& start,
             const MfShape& shape,
             const MfAlsOptions& options,
             std::uint64_t seed)
    : impl_(std::make_unique<Impl>(train, start, shape, options, seed)) {}
MfAls::~MfAls() = default;
MfAls::MfAls(MfAls&&) noexcept = default;

void MfAls::step() {
  Impl& it = *impl_;
  const bool is_done = it.steps % 2 == 0 ? it.solve(it.users, it.items, it.user_prior)
                                         : it.solve(it.items, it.users, it.item_prior);
  if (is_done) ++it.steps;
}

std::int64_t MfAls::steps() const {
  return impl_->steps;
}

double MfAls::loss() const {
  return impl_->n_ratings > 0 ? impl_->loss_sum / static_cast<double>(impl_->n_ratings) : 0;
}

MfTables MfAls::tables() const {
  const Impl& it = *impl_;
  MfTables tables{.user_factors = unpadded(it.users.mean, it.dim, it.shape.dim),
                  .item_factors = unpadded(it.items.mean, it.dim, it.shape.dim),
                  .user_bias = {},
                  .item_bias = {}};
  if (it.shape.biases) {
    tables.user_bias = it.users.bias;
    tables.item_bias = it.items.bias;
  }
  return tables;
}

MfPrior MfAls::prior() const {
  const Impl& it = *impl_;
  return {.variance = unpadded(it.items.variance, it.dim, it.shape.dim),
          .weight = it.items.weight,
          .link = unpadded(it.user_prior.link(), it.dim, it.shape.dim),
          .intercept = unpadded(it.user_prior.intercept(), it.dim, it.shape.dim),
          .precision = {it.users.precision.begin(),
                        it.users.precision.begin() + static_cast<std::ptrdiff_t>(it.shape.dim)},
          .bias_mean = it.users.bias_prior[0],
          .bias_precision = it.users.bias_prior[1],
          .noise = it.noise};
}

StateDict MfAls::state() const {
  const Impl& it = *impl_;
  StateDict state;
  const auto save = [&](const std::string& prefix, const Table& table, const BagPrior& prior) {
    Table::arrays(table, [&](const char* name, const auto& values) { state.set(prefix + name, values); });
    prior.save(state, prefix);
  };
  save("user.", it.users, it.user_prior);
  save("item.", it.items, it.item_prior);
  state.set("numbers", std::array{it.noise, it.loss_sum});
  state.set("step", it.steps);
  return state;
}

void MfAls::load(const StateDict& state) {
  Impl& it = *impl_;
  const auto load = [&](const std::string& prefix, Table& table, BagPrior& prior) {
    Table::arrays(table, [&](const char* name, auto& values) { state.copy(prefix + name, values); });
    prior.load(state, prefix);
  };
  load("user.", it.users, it.user_prior);
  load("item.", it.items, it.item_prior);
  const auto numbers = state.values<double>("numbers", 2);
  it.noise = numbers[0];
  it.loss_sum = numbers[1];
  it.steps = state.number<std::int64_t>("step");
}

}  // namespace movrec
