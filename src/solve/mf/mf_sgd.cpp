#include "movrec/solve/mf/mf_sgd.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "kernels/multiversion.hpp"
#include "kernels/padded.hpp"
#include "movrec/core/random.hpp"
#include "solve/common/descent.hpp"

namespace movrec {
namespace {

constexpr std::size_t kLanes = 16;  ///< factors are padded with zeros to a multiple, which updates keep
constexpr auto kStripes = static_cast<std::size_t>(MfSgd::kStripes);

enum Stream : std::uint64_t { kUserFactors = 1, kItemFactors, kUserStripes, kItemStripes, kOrder, kRounds };

struct Rating {
  std::int32_t user, item;
  float stars;
};

struct Side {
  Side(std::int32_t n,
       std::size_t dim,
       std::size_t padded,
       double std,
       std::uint64_t seed,
       std::uint64_t stream)
      : factors(static_cast<std::size_t>(n) * padded), bias(static_cast<std::size_t>(n)) {
    RandomStream random(seed, stream);
    for (std::size_t row = 0; row < bias.size(); ++row)
      for (std::size_t f = 0; f < dim; ++f)
        factors[row * padded + f] = static_cast<float>(std * random.normal());
  }
  std::vector<float> factors;  ///< [n, padded]
  std::vector<float> bias;     ///< [n]
};

struct Numbers {
  float lr, l2, offset;
  bool biases;
};

/// One block's ratings in their order. Returns the sum of squared errors.
MOVREC_MULTIVERSION
double run_block(const Rating* ratings,
                 std::size_t n,
                 float* user_factors,
                 float* item_factors,
                 float* user_bias,
                 float* item_bias,
                 std::size_t dim,
                 const Numbers& numbers) {
  double squares = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const Rating& rating = ratings[k];
    float* p = user_factors + static_cast<std::size_t>(rating.user) * dim;
    float* q = item_factors + static_cast<std::size_t>(rating.item) * dim;
    float& bu = user_bias[rating.user];
    float& bi = item_bias[rating.item];
    float sums[kLanes] = {};
    for (std::size_t f = 0; f < dim; f += kLanes)
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += p[f + lane] * q[f + lane];
    for (std::size_t half = kLanes / 2; half > 0; half /= 2)
      for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
    const float error = rating.stars - numbers.offset - bu - bi - sums[0];
    squares += static_cast<double>(error) * static_cast<double>(error);
    const float step = numbers.lr * error, keep = 1 - numbers.lr * numbers.l2;
    for (std::size_t f = 0; f < dim; ++f) {
      const float old = p[f];
      p[f] = keep * old + step * q[f];
      q[f] = keep * q[f] + step * old;
    }
    if (numbers.biases) {
      bu = keep * bu + step;
      bi = keep * bi + step;
    }
  }
  return squares;
}

/// A stripe for each row, equally many in each.
std::vector<std::uint8_t> deal(std::int32_t n, std::uint64_t seed, std::uint64_t stream) {
  const auto order = random_permutation(static_cast<std::size_t>(n), seed, stream);
  std::vector<std::uint8_t> stripes(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) stripes[order[k]] = static_cast<std::uint8_t>(k % kStripes);
  return stripes;
}

}  // namespace

struct MfSgdImpl {
  static constexpr const char* kSum = "squares";

  MfSgdImpl(const Ratings& train,
            const Biases& start,
            const MfShape& s,
            double l2_,
            double std,
            std::uint64_t seed_)
      : shape(s),
        dim((s.dim + kLanes - 1) / kLanes * kLanes),
        l2(l2_),
        seed(seed_),
        offset(s.global_mean ? start.mean : 0),
        users(train.n_users, s.dim, dim, std, seed, kUserFactors),
        items(train.n_items, s.dim, dim, std, seed, kItemFactors) {
    if (shape.biases) {
      users.bias = start.user;
      items.bias = start.item;
      for (float& bias : items.bias) bias += static_cast<float>(start.mean - offset);
    }
    const auto user_stripes = deal(train.n_users, seed, kUserStripes);
    const auto item_stripes = deal(train.n_items, seed, kItemStripes);
    const auto block_of = [&](std::size_t row) {
      return user_stripes[index(train.users[row])] * kStripes + item_stripes[index(train.items[row])];
    };
    for (std::size_t row = 0; row < train.size(); ++row) ++begin[block_of(row) + 1];
    for (std::size_t block = 0; block < kStripes * kStripes; ++block) begin[block + 1] += begin[block];
    ratings.resize(train.size());
    std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
    for (const std::uint32_t row : random_permutation(train.size(), seed, kOrder))
      ratings[next[block_of(row)]++] = {number(train.users[row]), number(train.items[row]), train.stars[row]};
  }

  void step(double lr) {
    const auto epoch = static_cast<std::uint64_t>(counts.steps) / kStripes,
               round = static_cast<std::uint64_t>(counts.steps) % kStripes;
    if (round == 0) counts.begin_epoch();
    const std::size_t shift = random_permutation(kStripes, mix_seed(seed, kRounds), epoch)[round];
    const Numbers numbers{static_cast<float>(lr), static_cast<float>(l2), static_cast<float>(offset),
                          shape.biases};
    std::array<double, kStripes> sums{};
#pragma omp parallel for schedule(dynamic, 1)
    for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
      const std::size_t block = stripe * kStripes + (stripe + shift) % kStripes;
      sums[stripe] =
          run_block(ratings.data() + begin[block], begin[block + 1] - begin[block], users.factors.data(),
                    items.factors.data(), users.bias.data(), items.bias.data(), dim, numbers);
    }
    for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
      const std::size_t block = stripe * kStripes + (stripe + shift) % kStripes;
      counts.sum += sums[stripe];
      counts.n_seen += static_cast<std::int64_t>(begin[block + 1] - begin[block]);
    }
  }

  /// Everything that steps change, by name.
  template <class Self, class Visit>
  static void arrays(Self& self, Visit&& visit) {
    visit("user_factors", self.users.factors);
    visit("item_factors", self.items.factors);
    visit("user_bias", self.users.bias);
    visit("item_bias", self.items.bias);
  }

  MfShape shape;
  std::size_t dim;  ///< padded
  double l2;
  std::uint64_t seed;
  double offset;
  Side users, items;
  std::array<std::size_t, kStripes * kStripes + 1> begin{};  ///< of each block in `ratings`
  std::vector<Rating> ratings;
  DescentCounts counts;
};

MfSgd::MfSgd(const Ratings& train,
             const Biases& start,
             const MfShape& shape,
             double l2,
             double init_std,
             std::uint64_t seed)
    : Descent(std::make_unique<MfSgdImpl>(train, start, shape, l2, init_std, seed)) {}

MfTables MfSgd::tables() const {
  const MfSgdImpl& it = *impl_;
  MfTables tables{.user_factors = unpadded(it.users.factors, it.dim, it.shape.dim),
                  .item_factors = unpadded(it.items.factors, it.dim, it.shape.dim),
                  .user_bias = {},
                  .item_bias = {}};
  if (it.shape.biases) {
    tables.user_bias = it.users.bias;
    tables.item_bias = it.items.bias;
  }
  return tables;
}

template class Descent<MfSgdImpl>;

}  // namespace movrec
