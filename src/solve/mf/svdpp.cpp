#include "movrec/solve/mf/svdpp.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "kernels/padded.hpp"
#include "kernels/row_blocks.hpp"
#include "movrec/core/random.hpp"
#include "solve/common/descent.hpp"
#include "solve/common/rating_lists.hpp"
#include "solve/mf/svdpp_kernels.hpp"

namespace movrec {
namespace {

constexpr auto kBatches = static_cast<std::size_t>(Svdpp::kBatches);
constexpr std::size_t kItemTasks = 64;        ///< of a batch
constexpr std::size_t kSerialWork = 1 << 15;  ///< ratings times factors that are not worth waking threads for

enum Stream : std::uint64_t { kUserFactors = 1, kItemFactors, kRatingOrder, kUserOrder, kRounds };

/// Normal factors for rows with ratings, zeros for the others.
std::vector<float> initial_factors(const std::vector<std::int32_t>& counts,
                                   std::size_t dim,
                                   std::size_t padded,
                                   double std,
                                   std::uint64_t seed,
                                   std::uint64_t stream) {
  std::vector<float> factors(counts.size() * padded);
  RandomStream random(seed, stream);
  for (std::size_t row = 0; row < counts.size(); ++row)
    for (std::size_t f = 0; f < dim; ++f) {
      const auto value = static_cast<float>(std * random.normal());
      if (counts[row] > 0) factors[row * padded + f] = value;
    }
  return factors;
}

}  // namespace

struct SvdppImpl {
  static constexpr const char* kSum = "squares";

  SvdppImpl(const Ratings& train, const Biases& start, const SvdppShape& s, std::uint64_t seed_)
      : shape(s),
        dim((s.dim + kSvdppLanes - 1) / kSvdppLanes * kSvdppLanes),
        seed(seed_),
        mean(start.mean),
        p(initial_factors(ratings_per_user(train), s.dim, dim, s.init_std, seed, kUserFactors)),
        q(initial_factors(ratings_per_item(train), s.dim, dim, s.init_std, seed, kItemFactors)),
        y(q.size()),
        user_bias(start.user),
        item_bias(start.item) {
    const auto order = random_permutation(train.size(), seed, kRatingOrder);
    const Ratings shuffled = train.subset(order);
    lists = rating_lists(shuffled.users, shuffled.items, shuffled.stars, train.n_users);
    deal_users();
    const std::vector<std::int32_t> item_counts = ratings_per_item(train);
    const auto n_rated = std::ranges::count_if(item_counts, [](std::int32_t n) { return n > 0; });
    for (const std::int32_t n : item_counts) {
      const double share =
          static_cast<double>(n) * static_cast<double>(n_rated) / static_cast<double>(train.size());
      item_l2.push_back(n > 0 ? static_cast<float>(s.l2 * std::pow(share, -0.25)) : 0.F);
    }
  }

  /// Users in random order, cut into batches of about as many ratings, and the visits of each batch by item.
  void deal_users() {
    const std::size_t n_ratings = lists.others.size();
    visits.resize(n_ratings);
    std::size_t n_before = 0, batch = 0;
    for (const std::uint32_t user : random_permutation(lists.size(), seed, kUserOrder)) {
      if (lists.count(user) == 0) continue;
      while (batch < n_before * kBatches / n_ratings) close_batch(batch++, n_before);
      for (std::size_t k = 0; k < lists.count(user); ++k) {
        const std::size_t at = n_before + k;
        visits[at] = {lists.others[lists.begin[user] + k],
                      static_cast<std::int32_t>(users.size() - batch_users[batch]),
                      static_cast<std::int32_t>(at - batch_ratings[batch])};
      }
      n_before += lists.count(user);
      users.push_back(static_cast<std::int32_t>(user));
    }
    while (batch < kBatches) close_batch(batch++, n_before);
#pragma omp parallel for schedule(dynamic, 1)
    for (std::size_t k = 0; k < kBatches; ++k)
      std::stable_sort(visits.begin() + static_cast<std::ptrdiff_t>(batch_ratings[k]),
                       visits.begin() + static_cast<std::ptrdiff_t>(batch_ratings[k + 1]),
                       [](const SvdppVisit& a, const SvdppVisit& b) { return a.item < b.item; });
  }
  void close_batch(std::size_t batch, std::size_t n_before) {
    batch_users[batch + 1] = users.size();
    batch_ratings[batch + 1] = n_before;
  }

  void step(double rate) {
    const auto epoch = static_cast<std::uint64_t>(counts.steps) / kBatches,
               round = static_cast<std::uint64_t>(counts.steps) % kBatches;
    if (round == 0) counts.begin_epoch();
    const std::size_t batch = random_permutation(kBatches, mix_seed(seed, kRounds), epoch)[round];
    const auto lr = static_cast<float>(rate);
    const std::size_t n_users = batch_users[batch + 1] - batch_users[batch],
                      n_ratings = batch_ratings[batch + 1] - batch_ratings[batch];
    moves.assign(n_users * 2 * dim, 0.F);
    errors.resize(n_ratings);
    sums.assign(n_users, 0);
    rating_begin.assign(1, 0);
    for (std::size_t k = 0; k < n_users; ++k)
      rating_begin.push_back(rating_begin.back() + lists.count(user_of(batch, k)));
    const bool side_by_side = n_ratings * dim > kSerialWork;
#pragma omp parallel for schedule(dynamic, 1) if (side_by_side)
    for (std::size_t k = 0; k < n_users; ++k) sums[k] = visit_user(user_of(batch, k), k, lr);
#pragma omp parallel for schedule(dynamic, 1) if (side_by_side)
    for (std::size_t task = 0; task < kItemTasks; ++task) visit_items(batch, task, lr);
    for (const double sum : sums) counts.sum += sum;
    counts.n_seen += static_cast<std::int64_t>(n_ratings);
  }

  std::size_t user_of(std::size_t batch, std::size_t k) const {
    return static_cast<std::size_t>(users[batch_users[batch] + k]);
  }

  /// |N(u)|^-½ Σ y_j.
  void implicit_sum(std::size_t user, float* x) const {
    sum_rows(y.data(), lists.others_of(user), dim, x);
    const float scale = 1 / std::sqrt(static_cast<float>(lists.count(user)));
    for (std::size_t f = 0; f < dim; ++f) x[f] *= scale;
  }

  double visit_user(std::size_t user, std::size_t k, float lr) {
    const std::size_t n = lists.count(user), begin = lists.begin[user];
    float *z = moves.data() + k * 2 * dim, *g = z + dim;
    implicit_sum(user, z);
    SvdppUser state{.p = p.data() + user * dim,
                    .x = z,
                    .g = g,
                    .bias = user_bias[user],
                    .offset = static_cast<float>(mean)};
    const SvdppUserRates rates{
        .lr = lr,
        .keep = 1 - lr * static_cast<float>(shape.l2),
        .keep_x = 1 - lr * static_cast<float>(shape.implicit_l2) / static_cast<float>(n)};
    const double sum = run_svdpp_user(lists.others.data() + begin, lists.stars.data() + begin, n, q.data(),
                                      item_bias.data(), dim, rates, state, errors.data() + rating_begin[k]);
    user_bias[user] = state.bias;
    const float scale = 1 / std::sqrt(static_cast<float>(n));
    for (std::size_t f = 0; f < dim; ++f) {
      z[f] += state.p[f];
      g[f] *= scale;
    }
    return sum;
  }

  /// The task's share of the batch's visits, cut where an item's visits end.
  void visit_items(std::size_t batch, std::size_t task, float lr) {
    const std::size_t first = batch_ratings[batch], last = batch_ratings[batch + 1];
    const auto cut = [&](std::size_t part) {
      std::size_t at = first + (last - first) * part / kItemTasks;
      while (at > first && at < last && visits[at].item == visits[at - 1].item) ++at;
      return at;
    };
    const std::size_t begin = cut(task), end = cut(task + 1);
    const SvdppItemRates rates{.lr = lr,
                               .keep_y = 1 - lr * static_cast<float>(shape.implicit_l2),
                               .keep_bias = 1 - lr * static_cast<float>(shape.l2),
                               .l2 = item_l2.data()};
    run_svdpp_items(visits.data() + begin, end - begin, errors.data(), moves.data(), dim, rates, q.data(),
                    y.data(), item_bias.data());
  }

  /// Everything that steps change, by name.
  template <class Self, class Visitor>
  static void arrays(Self& self, Visitor&& visit) {
    visit("user_factors", self.p);
    visit("item_factors", self.q);
    visit("implicit_factors", self.y);
    visit("user_bias", self.user_bias);
    visit("item_bias", self.item_bias);
  }

  SvdppShape shape;
  std::size_t dim;  ///< padded
  std::uint64_t seed;
  double mean;
  std::vector<float> p, q, y;  ///< [n, dim]
  std::vector<float> user_bias, item_bias;
  std::vector<float> item_l2;                                            ///< [n_items]
  RatingLists lists;                                                     ///< by user, in random order
  std::vector<std::int32_t> users;                                       ///< with ratings, batch after batch
  std::array<std::size_t, kBatches + 1> batch_users{}, batch_ratings{};  ///< where each batch begins
  std::vector<SvdppVisit> visits;                                        ///< batch after batch, by item
  std::vector<float> moves, errors;                                      ///< of the batch
  std::vector<std::size_t> rating_begin;
  std::vector<double> sums;
  DescentCounts counts;
};

Svdpp::Svdpp(const Ratings& train, const Biases& start, const SvdppShape& shape, std::uint64_t seed)
    : Descent(std::make_unique<SvdppImpl>(train, start, shape, seed)) {}

SvdppTables Svdpp::tables() const {
  const SvdppImpl& it = *impl_;
  std::vector<float> z(it.p.size());
#pragma omp parallel for schedule(dynamic, 64)
  for (std::size_t user = 0; user < it.lists.size(); ++user) {
    if (it.lists.count(user) == 0) continue;
    it.implicit_sum(user, &z[user * it.dim]);
    for (std::size_t f = 0; f < it.dim; ++f) z[user * it.dim + f] += it.p[user * it.dim + f];
  }
  return {.mean = it.mean,
          .user_factors = unpadded(z, it.dim, it.shape.dim),
          .item_factors = unpadded(it.q, it.dim, it.shape.dim),
          .implicit_factors = unpadded(it.y, it.dim, it.shape.dim),
          .user_bias = it.user_bias,
          .item_bias = it.item_bias};
}

template class Descent<SvdppImpl>;

}  // namespace movrec
