#include "movrec/solve/topn/ials.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/padded.hpp"
#include "movrec/core/loop_stop.hpp"
#include "movrec/core/random.hpp"
#include "solve/common/rating_lists.hpp"
#include "solve/topn/ials_equations.hpp"

namespace movrec {
namespace {

constexpr double kInitStd = 0.1;
constexpr int kFoldInPasses = 8;

struct Side {
  Side(RatingLists l, const IalsShape& shape, std::uint64_t seed)
      : lists(std::move(l)),
        weights(ials_weights(lists.stars, shape)),
        factors(lists.size() * panel_padded(shape.dim)) {
    const auto n = static_cast<std::ptrdiff_t>(lists.size());
    const std::size_t dim = panel_padded(shape.dim);
    const double std = kInitStd / std::sqrt(static_cast<double>(shape.dim));
#pragma omp parallel for schedule(static)
    for (std::ptrdiff_t row = 0; row < n; ++row) {
      RandomStream random(seed, static_cast<std::uint64_t>(row));
      for (std::size_t f = 0; f < shape.dim; ++f)
        factors[static_cast<std::size_t>(row) * dim + f] = static_cast<float>(std * random.normal());
    }
  }
  IalsPairs pairs(std::size_t row) const {
    const std::size_t first = weights.empty() ? 0 : lists.begin[row],
                      n = weights.empty() ? 0 : lists.count(row);
    return {lists.others_of(row), std::span(weights).subspan(first, n)};
  }

  RatingLists lists;
  std::vector<float> weights;  ///< of all pairs; empty where all weigh 1
  std::vector<float> factors;  ///< [n, dim padded]
};

}  // namespace

struct Ials::Impl {
  Impl(const Ratings& train, double min_stars, const IalsShape& s, std::uint64_t seed)
      : shape(s),
        dim(panel_padded(s.dim)),
        block(ials_block(s)),
        users(positive_lists(train, min_stars), s, mix_seed(seed, 0)),
        items(transposed(users.lists, train.n_items), s, mix_seed(seed, 1)) {
    if (block < dim) start_predictions();
  }

  int n_blocks() const { return static_cast<int>((dim + block - 1) / block); }

  /// Σ p·q of each pair, by user, and where each item's pairs stand there.
  void start_predictions() {
    predictions.assign(users.lists.others.size(), 0.F);
    places.resize(predictions.size());
    std::vector<std::size_t> next(items.lists.begin.begin(), items.lists.begin.end() - 1);
    for (std::size_t k = 0; k < predictions.size(); ++k)
      places[next[static_cast<std::size_t>(users.lists.others[k])]++] = static_cast<std::uint32_t>(k);
    const auto n = static_cast<std::ptrdiff_t>(users.lists.size());
#pragma omp parallel for schedule(dynamic, 16)
    for (std::ptrdiff_t row = 0; row < n; ++row) {
      const auto u = static_cast<std::size_t>(row);
      for (std::size_t k = users.lists.begin[u]; k < users.lists.begin[u + 1]; ++k) {
        const float* q = items.factors.data() + static_cast<std::size_t>(users.lists.others[k]) * dim;
        for (std::size_t f = 0; f < dim; ++f) predictions[k] += users.factors[u * dim + f] * q[f];
      }
    }
  }

  /// After a stop nothing of it, where it is long: a block of factors is solved for in no time.
  bool solve(Side& own, const Side& held, std::size_t begin) {
    const IalsEquations equations(held.factors.data(), held.lists.size(), dim, begin, shape);
    const auto n = static_cast<std::ptrdiff_t>(own.lists.size());
    const bool whole = equations.width() == dim;
    std::vector<double> left(own.lists.size());
    const std::vector<float> before = whole ? own.factors : std::vector<float>();
    LoopStop stop;
#pragma omp parallel
    {
      IalsWorkspace work(equations.width());
      std::vector<float> gathered;
#pragma omp for schedule(dynamic, 8)
      for (std::ptrdiff_t at = 0; at < n; ++at) {
        if (whole && stop.asked()) continue;
        const auto row = static_cast<std::size_t>(at);
        const std::size_t first = own.lists.begin[row], count = own.lists.count(row);
        float* factors = own.factors.data() + row * dim;
        if (count == 0) {
          std::fill_n(factors + begin, equations.width(), 0.F);
          continue;
        }
        std::span<float> own_predictions;
        if (!whole && &own == &users) own_predictions = {predictions.data() + first, count};
        if (!whole && &own == &items) {
          gathered.resize(count);
          for (std::size_t k = 0; k < count; ++k) gathered[k] = predictions[places[first + k]];
          own_predictions = gathered;
        }
        left[row] = equations.solve(own.pairs(row), factors, own_predictions, work);
        if (!whole && &own == &items)
          for (std::size_t k = 0; k < count; ++k) predictions[places[first + k]] = gathered[k];
      }
    }
    if (stop.stopped()) {
      own.factors = before;
      return false;
    }
    double sum = 0;
    for (const double part : left) sum += part;
    if (!std::isfinite(sum))
      throw Error(ErrorKind::failure, "the equations of ials have no solution",
                  fmt::format("‹l2› {} is too little for float arithmetic", shape.l2), "‹l2› 0.01");
    if (&own == &users) objective = whole ? sum + penalty(items, users.lists.size()) : objective_of_parts();
    return true;
  }

  double penalty(const Side& side, std::size_t n_others) const {
    double sum = 0;
    for (std::size_t row = 0; row < side.lists.size(); ++row) {
      double squares = 0;
      for (std::size_t f = 0; f < dim; ++f) {
        const auto x = static_cast<double>(side.factors[row * dim + f]);
        squares += x * x;
      }
      sum +=
          squares * shape.l2 * (side.pairs(row).total_weight() + shape.alpha * static_cast<double>(n_others));
    }
    return sum;
  }

  /// In parts, where no step solves for all factors.
  double objective_of_parts() const {
    double sum = penalty(users, items.lists.size()) + penalty(items, users.lists.size());
    for (std::size_t k = 0; k < predictions.size(); ++k) {
      const auto error = static_cast<double>(1 - predictions[k]);
      sum += error * error * (users.weights.empty() ? 1 : static_cast<double>(users.weights[k]));
    }
    return sum + shape.alpha * squared_predictions();
  }

  /// Σ (p_u·q_i)² over all pairs = Σ_fg (PᵀP)_fg (QᵀQ)_fg.
  double squared_predictions() const {
    IalsShape plain = shape;
    plain.alpha = 1;
    double sum = 0;
    for (std::size_t begin = 0; begin < dim; begin += block) {
      const IalsEquations p(users.factors.data(), users.lists.size(), dim, begin, plain);
      const IalsEquations q(items.factors.data(), items.lists.size(), dim, begin, plain);
      for (std::size_t k = 0; k < p.gram().size(); ++k)
        sum += static_cast<double>(p.gram()[k]) * static_cast<double>(q.gram()[k]);
    }
    return sum;
  }

  IalsShape shape;
  std::size_t dim, block;  ///< padded
  Side users, items;
  std::vector<float> predictions;     ///< of all pairs by user; empty where a step solves for all factors
  std::vector<std::uint32_t> places;  ///< in predictions, of all pairs by item
  double objective = 0;
  std::int64_t steps = 0;
};

Ials::Ials(const Ratings& train, double min_stars, const IalsShape& shape, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(train, min_stars, shape, seed)) {}
Ials::~Ials() = default;
Ials::Ials(Ials&&) noexcept = default;

void Ials::step() {
  Impl& it = *impl_;
  const std::int64_t in_epoch = it.steps % steps_per_epoch();
  const std::size_t begin = static_cast<std::size_t>(in_epoch / 2) * it.block;
  const bool is_done =
      in_epoch % 2 == 0 ? it.solve(it.items, it.users, begin) : it.solve(it.users, it.items, begin);
  if (is_done) ++it.steps;
}

std::int64_t Ials::steps() const {
  return impl_->steps;
}

int Ials::steps_per_epoch() const {
  return 2 * impl_->n_blocks();
}

double Ials::loss() const {
  const std::size_t n = impl_->users.lists.others.size();
  return n > 0 ? impl_->objective / static_cast<double>(n) : 0;
}

std::vector<float> Ials::user_factors() const {
  return unpadded(impl_->users.factors, impl_->dim, impl_->shape.dim);
}

std::vector<float> Ials::item_factors() const {
  return unpadded(impl_->items.factors, impl_->dim, impl_->shape.dim);
}

StateDict Ials::state() const {
  const Impl& it = *impl_;
  StateDict state;
  state.set("users", it.users.factors);
  state.set("items", it.items.factors);
  state.set("predictions", it.predictions);
  state.set("objective", it.objective);
  state.set("step", it.steps);
  return state;
}

void Ials::load(const StateDict& state) {
  Impl& it = *impl_;
  state.copy("users", it.users.factors);
  state.copy("items", it.items.factors);
  state.copy("predictions", it.predictions);
  it.objective = state.number<double>("objective");
  it.steps = state.number<std::int64_t>("step");
}

struct IalsFoldIn::Impl {
  IalsShape shape;
  std::size_t dim;
  std::vector<float> items;  ///< [n, dim padded]
  std::vector<IalsEquations> blocks;
};

IalsFoldIn::IalsFoldIn(std::span<const float> item_factors, const IalsShape& shape)
    : impl_(std::make_unique<Impl>()) {
  Impl& it = *impl_;
  it.shape = shape;
  it.dim = panel_padded(shape.dim);
  const std::size_t n = item_factors.size() / shape.dim;
  it.items.resize(n * it.dim);
  for (std::size_t row = 0; row < n; ++row)
    std::copy_n(item_factors.data() + row * shape.dim, shape.dim, it.items.data() + row * it.dim);
  for (std::size_t begin = 0; begin < it.dim; begin += ials_block(shape))
    it.blocks.emplace_back(it.items.data(), n, it.dim, begin, shape);
}
IalsFoldIn::~IalsFoldIn() = default;

void IalsFoldIn::solve(std::span<const std::int32_t> items,
                       std::span<const float> counts,
                       std::span<float> factors) const {
  const Impl& it = *impl_;
  std::vector<float> row(it.dim), predictions;
  if (!items.empty()) {
    const std::vector<float> weights = ials_weights(counts, it.shape);
    const bool whole = it.blocks.size() == 1;
    if (!whole) predictions.assign(items.size(), 0.F);
    IalsWorkspace work(it.blocks.front().width());
    for (int pass = 0; pass < (whole ? 1 : kFoldInPasses); ++pass)
      for (const IalsEquations& block : it.blocks)
        block.solve({items, weights}, row.data(), predictions, work);
  }
  std::copy_n(row.data(), factors.size(), factors.data());
}

}  // namespace movrec
