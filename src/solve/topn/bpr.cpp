#include "movrec/solve/topn/bpr.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/multiversion.hpp"
#include "kernels/padded.hpp"
#include "movrec/core/random.hpp"
#include "movrec/kernels/parallel.hpp"
#include "solve/common/descent.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {
namespace {

constexpr std::size_t kLanes = 16;  ///< factors are padded with zeros to a multiple, which updates keep
constexpr std::size_t kMaxStripes = 16, kMinStripe = 64;
constexpr int kTries = 64;  ///< to find an item that the user does not have, before the pair is left out

enum Stream : std::uint64_t { kUserFactors = 1, kItemFactors, kUserStripes, kItemStripes, kBlocks, kAlone };

struct Pair {
  std::int32_t user, item;
};

std::size_t lanes_of(std::size_t dim) {
  return (dim + kLanes - 1) / kLanes * kLanes;
}

std::vector<float> normals(std::size_t n, std::size_t dim, double std, std::uint64_t seed, Stream stream) {
  const std::size_t stride = lanes_of(dim);
  std::vector<float> out(n * stride);
  RandomStream random(seed, stream);
  for (std::size_t row = 0; row < n; ++row)
    for (std::size_t f = 0; f < dim; ++f) out[row * stride + f] = static_cast<float>(std * random.normal());
  return out;
}

/// A user's item, and one that he does not have.
template <class ItemFloat>
struct Triple {
  float* p;
  ItemFloat *q_i, *q_j, *b_i, *b_j;
};

/// One step of ascent, in which constant items are held. Returns -ln σ(x_ui - x_uj) before it.
template <class ItemFloat>
__attribute__((always_inline)) inline double climb(const Triple<ItemFloat>& t,
                                                   std::size_t dim,
                                                   float lr,
                                                   float l2) {
  constexpr bool kMovesItems = !std::is_const_v<ItemFloat>;
  float sums[kLanes] = {};
  for (std::size_t f = 0; f < dim; f += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      sums[lane] += t.p[f + lane] * (t.q_i[f + lane] - t.q_j[f + lane]);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  const float x = *t.b_i - *t.b_j + sums[0];
  const float error = 1 / (1 + std::exp(x)), step = lr * error, keep = 1 - lr * l2;
  for (std::size_t f = 0; f < dim; ++f) {
    const float p = t.p[f], q_i = t.q_i[f], q_j = t.q_j[f];
    t.p[f] = keep * p + step * (q_i - q_j);
    if constexpr (kMovesItems) {
      t.q_i[f] = keep * q_i + step * p;
      t.q_j[f] = keep * q_j - step * p;
    }
  }
  if constexpr (kMovesItems) {
    *t.b_i = keep * *t.b_i + step;
    *t.b_j = keep * *t.b_j - step;
  }
  const auto wide = static_cast<double>(x);
  return std::max(-wide, 0.0) + std::log1p(std::exp(-std::abs(wide)));
}

struct BlockSums {
  double loss = 0;
  std::int64_t n = 0;
};

/// A block's pairs in random order, each with another item of the stripe.
struct Block {
  std::span<Pair> pairs;
  std::span<const std::uint32_t> stripe;  ///< its items
  RandomStream random;
};

MOVREC_MULTIVERSION BlockSums run_block(Block& block,
                                        const RatingLists& users,
                                        float* user_factors,
                                        float* item_factors,
                                        float* item_bias,
                                        std::size_t dim,
                                        float lr,
                                        float l2) {
  BlockSums sums;
  for (std::size_t k = block.pairs.size(); k > 1; --k)
    std::swap(block.pairs[k - 1], block.pairs[block.random.below(static_cast<std::uint32_t>(k))]);
  for (const Pair& pair : block.pairs) {
    const auto has = users.others_of(static_cast<std::size_t>(pair.user));
    std::int32_t other = pair.item;
    for (int k = 0; k < kTries && std::binary_search(has.begin(), has.end(), other); ++k)
      other = static_cast<std::int32_t>(
          block.stripe[block.random.below(static_cast<std::uint32_t>(block.stripe.size()))]);
    if (std::binary_search(has.begin(), has.end(), other)) continue;
    const auto u = static_cast<std::size_t>(pair.user), i = static_cast<std::size_t>(pair.item),
               j = static_cast<std::size_t>(other);
    sums.loss += climb<float>({user_factors + u * dim, item_factors + i * dim, item_factors + j * dim,
                               item_bias + i, item_bias + j},
                              dim, lr, l2);
    ++sums.n;
  }
  return sums;
}

/// A user's steps with the items held: his pairs in order, each with another item, `epochs` times.
MOVREC_MULTIVERSION void climb_alone(std::span<const std::int32_t> items,
                                     const float* item_factors,
                                     std::span<const float> item_bias,
                                     std::size_t dim,
                                     float l2,
                                     const BprFoldIn::Steps& steps,
                                     float* p) {
  RandomStream random(steps.seed, kAlone);
  for (int epoch = 0; epoch < steps.epochs; ++epoch) {
    const auto lr = static_cast<float>(steps.lr * (1 - static_cast<double>(epoch) / steps.epochs));
    for (const std::int32_t item : items) {
      std::int32_t other = item;
      for (int k = 0; k < kTries && std::binary_search(items.begin(), items.end(), other); ++k)
        other = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(item_bias.size())));
      if (std::binary_search(items.begin(), items.end(), other)) continue;
      const auto i = static_cast<std::size_t>(item), j = static_cast<std::size_t>(other);
      climb<const float>({p, item_factors + i * dim, item_factors + j * dim, &item_bias[i], &item_bias[j]},
                         dim, lr, l2);
    }
  }
}

}  // namespace

struct BprImpl {
  static constexpr const char* kSum = "loss";

  BprImpl(const Ratings& train, double min_stars, const BprShape& s, std::uint64_t seed_)
      : shape(s),
        dim(lanes_of(s.dim)),
        seed(seed_),
        users(positive_lists(train, min_stars)),
        user_factors(normals(users.size(), s.dim, s.init_std, seed_, kUserFactors)),
        item_factors(
            normals(static_cast<std::size_t>(train.n_items), s.dim, s.init_std, seed_, kItemFactors)),
        item_bias(static_cast<std::size_t>(train.n_items)),
        n_stripes(
            std::clamp<std::size_t>(std::min(users.size(), item_bias.size()) / kMinStripe, 1, kMaxStripes)) {}

  std::size_t stripe_begin(std::size_t stripe) const { return stripe * item_bias.size() / n_stripes; }

  /// Sorts the pairs into the epoch's blocks.
  void deal(std::uint64_t epoch) {
    dealt_epoch = static_cast<std::int64_t>(epoch);
    const auto user_order = random_permutation(users.size(), mix_seed(seed, kUserStripes), epoch);
    item_order = random_permutation(item_bias.size(), mix_seed(seed, kItemStripes), epoch);
    std::vector<std::uint8_t> user_stripes(users.size()), item_stripes(item_bias.size());
    for (std::size_t k = 0; k < user_order.size(); ++k)
      user_stripes[user_order[k]] = static_cast<std::uint8_t>(k % n_stripes);
    for (std::size_t stripe = 0; stripe < n_stripes; ++stripe)
      for (std::size_t k = stripe_begin(stripe); k < stripe_begin(stripe + 1); ++k)
        item_stripes[item_order[k]] = static_cast<std::uint8_t>(stripe);
    begin.assign(n_stripes * n_stripes + 1, 0);
    const auto for_each_pair = [&](const auto& visit) {
      for (std::size_t u = 0; u < users.size(); ++u)
        for (const std::int32_t item : users.others_of(u))
          visit(user_stripes[u] * n_stripes + item_stripes[static_cast<std::size_t>(item)],
                Pair{static_cast<std::int32_t>(u), item});
    };
    for_each_pair([&](std::size_t block, const Pair&) { ++begin[block + 1]; });
    for (std::size_t block = 0; block + 1 < begin.size(); ++block) begin[block + 1] += begin[block];
    std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
    pairs.resize(users.others.size());
    for_each_pair([&](std::size_t block, const Pair& pair) { pairs[next[block]++] = pair; });
  }

  void step(double lr) {
    const auto epoch = static_cast<std::uint64_t>(counts.steps) / n_stripes;
    const std::size_t round = static_cast<std::size_t>(counts.steps) % n_stripes;
    if (dealt_epoch != static_cast<std::int64_t>(epoch)) deal(epoch);
    if (round == 0) counts.begin_epoch();
    std::vector<BlockSums> parts(n_stripes);
    for_each_task(static_cast<std::int64_t>(n_stripes), [&](std::int64_t task) {
      const auto user_stripe = static_cast<std::size_t>(task),
                 item_stripe = (user_stripe + round) % n_stripes;
      const std::size_t block = user_stripe * n_stripes + item_stripe;
      Block work{
          std::span(pairs).subspan(begin[block], begin[block + 1] - begin[block]),
          std::span(item_order)
              .subspan(stripe_begin(item_stripe), stripe_begin(item_stripe + 1) - stripe_begin(item_stripe)),
          RandomStream(mix_seed(seed, kBlocks), epoch * begin.size() + block)};
      parts[user_stripe] = run_block(work, users, user_factors.data(), item_factors.data(), item_bias.data(),
                                     dim, static_cast<float>(lr), static_cast<float>(shape.l2));
    });
    for (const BlockSums& part : parts) counts.sum += part.loss, counts.n_seen += part.n;
  }

  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit("user_factors", self.user_factors);
    visit("item_factors", self.item_factors);
    visit("item_bias", self.item_bias);
  }

  BprShape shape;
  std::size_t dim;  ///< padded
  std::uint64_t seed;
  RatingLists users;
  std::vector<float> user_factors, item_factors;  ///< [n, dim]
  std::vector<float> item_bias;
  std::size_t n_stripes;
  std::int64_t dealt_epoch = -1;
  std::vector<std::uint32_t> item_order;  ///< of the epoch, stripe after stripe
  std::vector<std::size_t> begin;         ///< of each block in `pairs`
  std::vector<Pair> pairs;
  DescentCounts counts;
};

Bpr::Bpr(const Ratings& train, double min_stars, const BprShape& shape, std::uint64_t seed)
    : Descent(std::make_unique<BprImpl>(train, min_stars, shape, seed)) {}

int Bpr::steps_per_epoch() const {
  return static_cast<int>(impl_->n_stripes);
}

BprTables Bpr::tables() const {
  const BprImpl& it = *impl_;
  BprTables tables{unpadded(it.user_factors, it.dim, it.shape.dim),
                   unpadded(it.item_factors, it.dim, it.shape.dim), it.item_bias};
  // Nothing is known of users without pairs, so that the items' biases rank for them.
  for (std::size_t u = 0; u < it.users.size(); ++u)
    if (it.users.count(u) == 0)
      std::fill_n(tables.user_factors.begin() + static_cast<std::ptrdiff_t>(u * it.shape.dim), it.shape.dim,
                  0.F);
  return tables;
}

template class Descent<BprImpl>;

BprFoldIn::BprFoldIn(std::span<const float> item_factors,
                     std::span<const float> item_bias,
                     const BprShape& shape,
                     const Steps& steps)
    : shape_(shape),
      steps_(steps),
      dim_(lanes_of(shape.dim)),
      factors_(item_bias.size() * dim_),
      bias_(item_bias.begin(), item_bias.end()) {
  for (std::size_t i = 0; i < bias_.size(); ++i)
    std::copy_n(item_factors.data() + i * shape.dim, shape.dim, factors_.data() + i * dim_);
}

void BprFoldIn::solve(std::span<const std::int32_t> items, std::span<float> factors) const {
  std::vector<float> p(dim_);
  climb_alone(items, factors_.data(), bias_, dim_, static_cast<float>(shape_.l2), steps_, p.data());
  std::copy_n(p.data(), factors.size(), factors.data());
}

}  // namespace movrec
