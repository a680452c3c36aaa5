#include <algorithm>
#include <cmath>
#include <numeric>

#include "movrec/core/error.hpp"
#include "movrec/solve/bfm/bfm.hpp"
#include "solve/bfm/bfm_block.hpp"
#include "solve/bfm/bfm_kernels.hpp"
#include "solve/bfm/cut_points.hpp"

namespace movrec {
namespace {

using namespace bfm;

constexpr std::size_t kSlices = 8;  ///< of the rows, each with sums of its own: the same at any thread count
constexpr std::size_t kRowsPerBlock = 4096;
constexpr std::size_t kMostClasses = 64;

}  // namespace

struct BfmSampler::Impl {
  Impl(const BfmDesign& d, bool probit, int r, std::uint64_t seed, int chain)
      : design(d),
        is_probit(probit),
        rank(r),
        chain_seed(bfm::chain_seed(seed, chain)),
        user(d.user, r, 0, mix_seed(chain_seed, kStart)),
        item(d.item, r, 100, mix_seed(chain_seed, kStart)),
        context(d.context, r, 200, mix_seed(chain_seed, kStart)),
        e(d.rows.size()),
        segment_q(d.n_segments()),
        segment_sums(d.n_segments()),
        segment_changes(d.n_segments()),
        block_sums(d.user.n_rows),
        item_sums(kSlices * d.item.n_rows),
        item_dq(d.item.n_rows),
        item_de(d.item.n_rows),
        zeros(d.item.n_rows) {
    std::size_t segment = 0;
    for (std::size_t slice = 0; slice <= kSlices; ++slice) {
      while (segment < d.n_segments() && d.segment_begin[segment] * kSlices < slice * d.rows.size())
        ++segment;
      slices.push_back(slice == kSlices ? d.n_segments() : segment);
    }
    if (is_probit) set_levels();
    for (const float stars : d.stars) mean_stars += static_cast<double>(stars);
    mean_stars /= static_cast<double>(std::max<std::size_t>(d.stars.size(), 1));
    w0 = is_probit ? 0 : mean_stars;
    for (BlockState* block : {&user, &item, &context}) block->combine(1);
  }

  void set_levels() {
    levels = design.stars;
    std::ranges::sort(levels);
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
    if (levels.size() > kMostClasses)
      throw Error(ErrorKind::usage,
                  fmt::format("an ordered probit needs at most {} different ratings", kMostClasses),
                  fmt::format("the training rows have {}", levels.size()), "‹likelihood› gaussian");
    std::vector<double> counts(levels.size());
    for (const float stars : design.stars) {
      classes.push_back(static_cast<std::uint8_t>(std::ranges::lower_bound(levels, stars) - levels.begin()));
      ++counts[classes.back()];
    }
    cuts = CutPoints(counts);
  }

  template <class Body>
  void for_slices(const Body& body) const {
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t slice = 0; slice < kSlices; ++slice) body(slice, slices[slice], slices[slice + 1]);
  }
  template <class Body>
  void for_rows(const Body& body) const {
    const std::size_t n_blocks = (e.size() + kRowsPerBlock - 1) / kRowsPerBlock;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (std::size_t block = 0; block < n_blocks; ++block)
      body(block * kRowsPerBlock, std::min(kRowsPerBlock, e.size() - block * kRowsPerBlock));
  }
  template <class Body>
  void for_segments(const Body& body) const {
    for (std::size_t u = 0; u + 1 < design.user_segments.size(); ++u)
      for (std::size_t s = design.user_segments[u]; s < design.user_segments[u + 1]; ++s) body(u, s);
  }

  void score() {
    const auto width = static_cast<std::size_t>(rank);
    for_slices([&](std::size_t, std::size_t begin, std::size_t end) {
      std::vector<float> c(width);
      std::size_t u = static_cast<std::size_t>(std::ranges::upper_bound(design.user_segments, begin) -
                                               design.user_segments.begin() - 1);
      for (std::size_t s = begin; s < end; ++s) {
        while (design.user_segments[u + 1] <= s) ++u;
        float base = static_cast<float>(w0) + user.table().a[u];
        if (!context.empty()) base += context.table().a[s];
        for (std::size_t f = 0; f < width; ++f) {
          c[f] = user.table().q[u * width + f];
          if (context.empty()) continue;
          const float t = context.table().q[s * width + f];
          base += c[f] * t;
          c[f] += t;
        }
        const std::size_t first = design.segment_begin[s];
        score_rows(design.items.data() + first, design.segment_begin[s + 1] - first, rank, base, c.data(),
                   item.table().a.data(), item.table().q.data(), e.data() + first);
      }
    });
  }

  /// From scores to e = score - latent value, after redrawing cut-points and latent values.
  void redraw_latent() {
    std::vector<double> mean(kRowsPerBlock), squares(kRowsPerBlock);
    const std::vector<float> spread(kRowsPerBlock, 1.F), old_cuts = float_cuts();
    double sum = 0, n_measured = 0;
    for (std::size_t begin = 0; begin < e.size(); begin += 8 * kRowsPerBlock) {
      const std::size_t n = std::min(kRowsPerBlock, e.size() - begin);
      std::fill(mean.begin(), mean.end(), 0);
      add_expected_stars(std::span(e).subspan(begin, n), spread, levels, old_cuts, mean.data(),
                         squares.data());
      for (std::size_t k = 0; k < n; ++k)
        sum += std::pow(mean[k] - static_cast<double>(design.stars[begin + k]), 2);
      n_measured += static_cast<double>(n);
    }
    mse = sum / std::max(n_measured, 1.0);

    if (levels.size() > 1) {
      const auto [lowest, highest] = std::ranges::minmax_element(e);
      std::vector<ScoreGrid> grids(kSlices, ScoreGrid(levels.size(), *lowest, *highest));
      for_slices([&](std::size_t slice, std::size_t begin, std::size_t end) {
        const std::size_t first = design.segment_begin[begin], last = design.segment_begin[end];
        grids[slice].add(std::span(e).subspan(first, last - first), classes.data() + first);
      });
      for (std::size_t slice = 1; slice < kSlices; ++slice) grids[0].add(grids[slice]);
      RandomStream random(mix_seed(chain_seed, kCuts), static_cast<std::uint64_t>(sweeps));
      cuts.sample(grids[0], random);
    }
    constexpr float kFar = 1e4F;
    std::vector<float> lower{-kFar}, upper = float_cuts();
    lower.insert(lower.end(), upper.begin(), upper.end());
    upper.push_back(kFar);
    for_rows([&](std::size_t begin, std::size_t n) {
      const SweepKey at = sweep_key(chain_seed, sweeps);
      redraw_targets({at.key, at.sweep, kTargets}, begin, classes.data() + begin, lower.data(), upper.data(),
                     std::span(e).subspan(begin, n));
    });
  }

  /// From scores to e = score - stars, after redrawing their noise and the global mean.
  void redraw_noise(RandomStream& random) {
    double sum = 0, squares = 0;
    for (std::size_t row = 0; row < e.size(); ++row) {
      e[row] -= design.stars[row];
      sum += static_cast<double>(e[row]);
      squares += static_cast<double>(e[row]) * static_cast<double>(e[row]);
    }
    const auto n = static_cast<double>(e.size());
    mse = squares / std::max(n, 1.0);
    alpha = draw_gamma(random, (1 + n) / 2, (1 + squares) / 2);
    // w0 ~ N(mean of the stars, 1).
    const double precision = 1 + alpha * n;
    const double drawn =
        (mean_stars - alpha * (sum - n * w0)) / precision + random.normal() / std::sqrt(precision);
    const auto change = static_cast<float>(drawn - w0);
    w0 = drawn;
    for (float& x : e) x += change;
  }

  /// Segment sums with r of the item become those of the user's block, with r of item and context.
  void sum_users(std::span<const float> context_q) {
    std::ranges::fill(block_sums, Float4{});
    for_segments([&](std::size_t u, std::size_t s) {
      const Float4 sum = segment_sums[s];
      if (context_q.empty()) {
        block_sums[u] += sum;
        return;
      }
      const float t = context_q[s], n = design.context.counts[s];
      block_sums[u] += Float4{sum[0] + n * t, sum[1] + t * (2 * sum[0] + n * t), sum[2], sum[3] + t * sum[2]};
    });
  }

  /// Segment sums after the user's change, with r of item and user for the context's block.
  void sum_contexts(std::span<const float> old_c, std::span<const float> user_q) {
    for_segments([&](std::size_t u, std::size_t s) {
      const auto [dq, de] = user.changes()[u];
      const float n = design.context.counts[s];
      const float t = old_c.empty() ? 0 : old_c[s];  // q of the context
      Float4 sum = segment_sums[s];
      sum[3] += dq * (sum[1] + t * sum[0]) + de * sum[0];
      sum[2] += dq * (sum[0] + n * t) + n * de;
      const float q = user_q.empty() ? 0 : user_q[u];
      segment_sums[s] =
          Float4{sum[0] + n * q, sum[1] + q * (2 * sum[0] + n * q), sum[2], sum[3] + q * sum[2]};
    });
  }

  /// Redraws the linear weights (factor -1) or one factor of all features.
  void sample(int factor, SweepKey at) {
    const bool is_linear = factor < 0;
    const auto q_of = [&](const BlockState& block) {
      return is_linear ? std::span<const float>() : block.q(factor);
    };
    const auto draw_block = [&](BlockState& block, std::span<const Float4> sums) {
      is_linear ? block.sample_weights(alpha, at, sums) : block.sample_factor(factor, alpha, at, sums);
    };
    const float* const item_q = is_linear ? zeros.data() : item.q(factor).data();
    for_slices([&](std::size_t, std::size_t begin, std::size_t end) {
      sum_by_segment(design.segment_begin, begin, end, design.items.data(), segment_q.data(), item_dq.data(),
                     item_de.data(), item_q, e.data(), segment_sums.data());
    });

    const std::vector<float> old_t(q_of(context).begin(), q_of(context).end());
    const std::span<const float> context_q = q_of(context), user_q = q_of(user);
    sum_users(context_q);
    draw_block(user, block_sums);
    if (!context.empty()) {
      sum_contexts(old_t, user_q);
      draw_block(context, segment_sums);
    }
    for_segments([&](std::size_t u, std::size_t s) {
      Change change = user.changes()[u];
      float c = is_linear ? 0 : user_q[u];
      if (!context.empty()) {
        // (r + t) Δq + de of the user, then (r + q) Δt + de of the context.
        const Change then = context.changes()[s];
        if (!is_linear) {
          change.de += old_t[s] * change.dq + user_q[u] * then.dq;
          c += context_q[s];
        }
        change.dq += then.dq;
        change.de += then.de;
      }
      segment_changes[s] = change;
      segment_q[s] = c;
    });

    const std::size_t n_items = design.item.n_rows;
    for_slices([&](std::size_t slice, std::size_t begin, std::size_t end) {
      Float4* const sums = item_sums.data() + slice * n_items;
      std::fill_n(sums, n_items, Float4{});
      sum_by_item(design.segment_begin, begin, end, design.items.data(), item_q, segment_changes.data(),
                  segment_q.data(), e.data(), sums);
    });
    for (std::size_t slice = 1; slice < kSlices; ++slice)
      for (std::size_t i = 0; i < n_items; ++i) item_sums[i] += item_sums[slice * n_items + i];
    draw_block(item, std::span(item_sums).first(n_items));
    for (std::size_t i = 0; i < n_items; ++i) {
      item_dq[i] = item.changes()[i].dq;
      item_de[i] = item.changes()[i].de;
    }
  }

  void sweep() {
    RandomStream random(mix_seed(chain_seed, kHyper), static_cast<std::uint64_t>(sweeps));
    score();
    if (is_probit)
      redraw_latent();
    else
      redraw_noise(random);
    if (sweeps > 0)
      for (BlockState* block : {&user, &item, &context}) block->sample_priors(random);
    std::ranges::fill(item_dq, 0.F);
    std::ranges::fill(item_de, 0.F);
    const SweepKey at = sweep_key(chain_seed, sweeps);
    for (int factor = -1; factor < rank; ++factor) sample(factor, at);
    for (BlockState* block : {&user, &item, &context}) block->combine(threads);
    ++sweeps;
  }

  std::vector<float> float_cuts() const {
    const std::vector<double> values = cuts.values();
    return {values.begin(), values.end()};
  }

  const BfmDesign& design;
  bool is_probit;
  int rank, threads = 1, sweeps = 0;
  std::uint64_t chain_seed;
  BlockState user, item, context;
  std::vector<std::size_t> slices;  ///< segments where each begins
  std::vector<float> levels;
  std::vector<std::uint8_t> classes;  ///< [rows]
  CutPoints cuts;
  double w0 = 0, alpha = 1, mean_stars = 0, mse = 0;
  std::vector<float> e;          ///< [rows]; changes of the item's block are applied when it is next read
  std::vector<float> segment_q;  ///< q of user and context, of the factor in work
  std::vector<Float4> segment_sums;
  std::vector<Change> segment_changes;
  std::vector<Float4> block_sums, item_sums;
  std::vector<float> item_dq, item_de, zeros;
};

BfmSampler::BfmSampler(const BfmDesign& design, bool is_probit, int rank, std::uint64_t seed, int chain)
    : impl_(std::make_unique<Impl>(design, is_probit, rank, seed, chain)) {}
BfmSampler::~BfmSampler() = default;
BfmSampler::BfmSampler(BfmSampler&&) noexcept = default;

void BfmSampler::sweep(int threads) {
  // Fewer rows are not worth waking threads for, twice a factor.
  constexpr std::size_t kRowsPerThread = 200'000;
  impl_->threads = std::min(threads, 1 + static_cast<int>(impl_->e.size() / kRowsPerThread));
  impl_->sweep();
}

int BfmSampler::sweeps_done() const {
  return impl_->sweeps;
}
const std::vector<float>& BfmSampler::levels() const {
  return impl_->levels;
}
double BfmSampler::noise_precision() const {
  return impl_->alpha;
}
double BfmSampler::train_mse() const {
  return impl_->mse;
}
std::int64_t BfmSampler::n_parameters() const {
  return impl_->user.n_parameters() + impl_->item.n_parameters() + impl_->context.n_parameters() + 1;
}

BfmDraw BfmSampler::draw() const {
  const Impl& it = *impl_;
  BfmDraw draw{.rank = it.rank,
               .w0 = static_cast<float>(it.w0),
               .noise = static_cast<float>(1 / std::sqrt(it.alpha)),
               .cuts = it.float_cuts(),
               .user = it.user.served_table(),
               .item = it.item.served_table(),
               .newcomer = it.user.newcomer()};
  std::size_t group = 0;
  if (it.design.has_day) draw.day = it.context.feature_table(group++);
  if (it.design.has_user_day) draw.user_day = it.context.feature_table(group);
  return draw;
}

void BfmSampler::save(StateDict& state, const std::string& prefix) const {
  const Impl& it = *impl_;
  for (const BlockState* block : {&it.user, &it.item, &it.context}) block->save(state, prefix);
  std::vector<double> scalars{static_cast<double>(it.sweeps), it.w0, it.alpha, it.mse};
  scalars.insert(scalars.end(), it.cuts.parameters().begin(), it.cuts.parameters().end());
  state.set(prefix + "scalars", scalars);
}

void BfmSampler::load(const StateDict& state, const std::string& prefix) {
  Impl& it = *impl_;
  for (BlockState* block : {&it.user, &it.item, &it.context}) block->load(state, prefix);
  const auto scalars = state.values<double>(prefix + "scalars", 4 + it.cuts.parameters().size());
  it.sweeps = static_cast<int>(scalars[0]);
  it.w0 = scalars[1];
  it.alpha = scalars[2];
  it.mse = scalars[3];
  it.cuts.set_parameters(scalars.subspan(4));
}

}  // namespace movrec
