#include "net/pair_scores.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "movrec/kernels/gemm.hpp"
#include "movrec/kernels/parallel.hpp"
#include "movrec/ops/hidden_layer.hpp"

namespace movrec {
namespace {

/// A few users share what is read of the items.
constexpr std::int64_t kUsersPerProduct = 32, kUsersPerTower = 8;
/// Below so many pairs nothing is to be gained by quantising the tower first.
constexpr std::int64_t kPairsWorthEstimates = 1 << 17;
/// Of so many pairs one is in the sample that shows how large the tower's outputs get, but at least 2048 are.
/// Beyond it they may grow by the headroom, and cost little of the precision.
constexpr std::int64_t kPairsPerSample = 256, kLeastSample = 2048;
constexpr float kHeadroom = 2;

std::size_t size(std::int64_t n) {
  return static_cast<std::size_t>(n);
}

/// All pairs of some users and items: the parts of their sums.
class PairGrid {
 public:
  PairGrid(PairWeights net, std::span<const at::Tensor> user_rows, const at::Tensor& items)
      : n_users(user_rows[0].size(0)), n_items(items.size(0)), net_(std::move(net)), tower_(net_) {
    for (const at::Tensor& rows : user_rows) user_tables_.push_back(rows.contiguous());
    std::size_t next = 0;
    for (PairWeights::Sides* sides : {&net_.bias, &net_.factors, &net_.towers})
      if ((*sides)[0] != nullptr) (*sides)[0] = user_tables_[next++].data_ptr<float>();
    tower_ = net_;  // alone: no other part, no offset
    tower_.bias = tower_.factors = {};
    tower_.dim = 0;
    tower_.offset = 0;
    const at::Tensor item_rows = items.to(at::kLong).contiguous();
    add_other_parts(item_rows.data_ptr<std::int64_t>());
    std::vector<std::int64_t> user(size(n_users));
    std::iota(user.begin(), user.end(), 0);
    run_first_layer(
        net_, {std::span<const std::int64_t>(user), {item_rows.data_ptr<std::int64_t>(), size(n_items)}},
        first_);
  }

  const PairWeights& net() const { return net_; }
  const FirstLayer& first_layer() const { return first_; }
  /// Everything but the tower, [U, I].
  const at::Tensor& other_parts() const { return other_parts_; }

  /// Runs the tower of up to kPairBlock pairs of users and items by their positions; its raw numbers and the
  /// layers' outputs are then in `scratch`.
  void run_tower(const std::int32_t* users, std::span<const std::int32_t> items, PairScratch& scratch) const {
    const PairBlock block{
        .size = std::ssize(items), .rows = {users, items.data()}, .slots = {users, items.data()}};
    forward_block(tower_, first_, block, nullptr, 0, scratch);
  }

  /// Adds the tower to scores of one user and some items.
  void add_tower(std::int64_t user, std::span<const std::int32_t> items, float* scores) const {
    thread_local PairScratch scratch;
    std::array<std::int32_t, kPairBlock> same_user;
    same_user.fill(static_cast<std::int32_t>(user));
    for (std::size_t begin = 0; begin < items.size(); begin += same_user.size()) {
      const auto block = items.subspan(begin, std::min(same_user.size(), items.size() - begin));
      run_tower(same_user.data(), block, scratch);
      add_scaled(scores + begin, scratch.raw.data(), 1, std::ssize(block));
    }
  }

  const std::int64_t n_users, n_items;

 private:
  /// One product of matrices for a few users and all items.
  void add_other_parts(const std::int64_t* item) {
    other_parts_ = at::empty({n_users, n_items}, at::kFloat);
    auto* scores = other_parts_.data_ptr<float>();
    std::vector<float> item_factors(size(n_items * net_.dim)), item_bias(size(n_items));
    for (std::int64_t i = 0; i < n_items; ++i) {
      if (net_.bias[1] != nullptr) item_bias[size(i)] = net_.bias[1][item[i]];
      std::copy_n(net_.factors[1] + item[i] * net_.dim, net_.dim, item_factors.data() + i * net_.dim);
    }
    for_each_task((n_users + kUsersPerProduct - 1) / kUsersPerProduct, [&](std::int64_t task) {
      const std::int64_t begin = task * kUsersPerProduct, m = std::min(kUsersPerProduct, n_users - begin);
      float* to = scores + begin * n_items;
      for (std::int64_t u = 0; u < m; ++u) {
        const float start = net_.offset + (net_.bias[0] == nullptr ? 0.F : net_.bias[0][begin + u]);
        for (std::int64_t i = 0; i < n_items; ++i) to[u * n_items + i] = start + item_bias[size(i)];
      }
      if (net_.dim == 0) return;
      std::vector<float> factors(size(m * net_.dim));
      for (std::int64_t u = 0; u < m; ++u)
        for (std::int64_t f = 0; f < net_.dim; ++f)
          factors[size(u * net_.dim + f)] =
              net_.factors[0][(begin + u) * net_.dim + f] * (net_.product == nullptr ? 1.F : net_.product[f]);
      gemm(Transpose::no, Transpose::yes, m, n_items, net_.dim, factors.data(), net_.dim, item_factors.data(),
           net_.dim, 1, to, n_items);
    });
  }

  PairWeights net_, tower_;
  std::vector<at::Tensor> user_tables_;  ///< what net_ reads
  at::Tensor other_parts_;
  FirstLayer first_;
};

/// What of the layers between the first and the last a sample of pairs shows, as FloatTower wants it.
std::vector<std::vector<float>> largest_outputs(const PairGrid& grid) {
  std::vector<std::vector<float>> largest;
  for (std::size_t l = 1; l + 1 < grid.net().n_hidden(); ++l) largest.emplace_back(size(grid.net().width(l)));
  PairScratch scratch;
  std::vector<std::int32_t> users(kPairBlock), items(kPairBlock);
  const std::int64_t wanted = std::max(kLeastSample, grid.n_users * grid.n_items / kPairsPerSample);
  const std::int64_t n = (wanted + kPairBlock - 1) / kPairBlock * kPairBlock;
  for (std::int64_t begin = 0; begin < n; begin += kPairBlock) {
    for (std::int64_t j = 0; j < kPairBlock; ++j) {
      users[size(j)] = static_cast<std::int32_t>((begin + j) * grid.n_users / n);
      items[size(j)] = static_cast<std::int32_t>((begin + j) * 7919 % grid.n_items);  // a prime: all over
    }
    grid.run_tower(users.data(), items, scratch);
    for (std::size_t l = 0; l < largest.size(); ++l) {
      const float* outputs = scratch.layers[l + 1].data();
      for (std::int64_t j = 0; j < kPairBlock; ++j)
        for (float& most : largest[l]) most = std::max(most, kHeadroom * *outputs++);
    }
  }
  return largest;
}

class PairEstimates final : public ScoreEstimates {
 public:
  PairEstimates(PairWeights net, std::span<const at::Tensor> user_rows, const at::Tensor& items)
      : grid_(std::move(net), user_rows, items), tower_(make_tower()) {}

  void estimate(std::int64_t begin, std::int64_t n, float* stars) const override {
    std::copy_n(others(begin), n * grid_.n_items, stars);
    tower_.add_estimates(begin, n, stars);
    grid_.net().stars.to_stars(stars, n * grid_.n_items);
  }

  void score(std::int64_t user, std::span<const std::int32_t> items, float* stars) const override {
    for (std::size_t k = 0; k < items.size(); ++k) stars[k] = others(user)[items[k]];
    grid_.add_tower(user, items, stars);
    grid_.net().stars.to_stars(stars, std::ssize(items));
  }

 private:
  const float* others(std::int64_t user) const {
    return grid_.other_parts().data_ptr<float>() + user * grid_.n_items;
  }

  Int8Tower make_tower() const {
    const PairWeights& net = grid_.net();
    const std::vector<std::vector<float>> largest = largest_outputs(grid_);
    return Int8Tower({.of_users = grid_.first_layer().outputs[0],
                      .of_items = grid_.first_layer().outputs[1],
                      .first_bias = net.first_bias,
                      .first = net.first,
                      .hidden = net.hidden,
                      .head = net.head,
                      .largest = largest});
  }

  PairGrid grid_;
  Int8Tower tower_;
};

}  // namespace

at::Tensor score_pairs(PairWeights net, std::span<const at::Tensor> user_rows, const at::Tensor& items) {
  const PairGrid grid(std::move(net), user_rows, items);
  const at::Tensor out = grid.other_parts();
  auto* scores = out.data_ptr<float>();
  if (grid.net().has_tower()) {
    std::vector<std::int32_t> all(size(grid.n_items));
    std::iota(all.begin(), all.end(), 0);
    // A block of items stays in the cache for a few users.
    const std::int64_t user_blocks = (grid.n_users + kUsersPerTower - 1) / kUsersPerTower;
    for_each_task(user_blocks * ((grid.n_items + kPairBlock - 1) / kPairBlock), [&](std::int64_t task) {
      const std::int64_t begin = task / user_blocks * kPairBlock,
                         first_user = task % user_blocks * kUsersPerTower;
      const auto block =
          std::span(all).subspan(size(begin), size(std::min(kPairBlock, grid.n_items - begin)));
      for (std::int64_t u = first_user; u < std::min(first_user + kUsersPerTower, grid.n_users); ++u)
        grid.add_tower(u, block, scores + u * grid.n_items + begin);
    });
  }
  const HeadKernel& head = grid.net().stars;
  if (!head.is_identity())
    for_each_task(grid.n_users,
                  [&](std::int64_t u) { head.to_stars(scores + u * grid.n_items, grid.n_items); });
  return out;
}

std::unique_ptr<ScoreEstimates> estimate_pairs(PairWeights net,
                                               std::span<const at::Tensor> user_rows,
                                               const at::Tensor& items) {
  if (!Int8Tower::is_fast() || net.n_hidden() < 2 ||
      user_rows[0].size(0) * items.size(0) < kPairsWorthEstimates)
    return nullptr;
  return std::make_unique<PairEstimates>(std::move(net), user_rows, items);
}

}  // namespace movrec
