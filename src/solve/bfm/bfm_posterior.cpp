#include "movrec/solve/bfm/bfm_posterior.hpp"

#include <algorithm>
#include <cmath>

#include "solve/bfm/bfm_kernels.hpp"

namespace movrec {
namespace {

constexpr std::size_t kBlockRows = 2048;
constexpr float kLargestCode = 127;

template <class T>
std::int32_t find(const std::vector<T>& sorted, T key) {
  const auto at = std::ranges::lower_bound(sorted, key);
  return at != sorted.end() && *at == key ? static_cast<std::int32_t>(at - sorted.begin()) : -1;
}

/// Appends mean and variance of the known rows, [rank + 1] each: q, then a.
void add_moments(const BfmTable& drawn,
                 std::span<const std::int32_t> known,
                 std::vector<float>& means,
                 std::vector<float>& variances) {
  const std::size_t rank = drawn.q.size() / known.size();
  std::vector<double> sums(rank + 1), squares(rank + 1);
  double n_known = 0;
  for (std::size_t row = 0; row < known.size(); ++row) {
    if (known[row] == 0) continue;
    ++n_known;
    for (std::size_t f = 0; f <= rank; ++f) {
      const auto x = static_cast<double>(f < rank ? drawn.q[row * rank + f] : drawn.a[row]);
      sums[f] += x;
      squares[f] += x * x;
    }
  }
  n_known = std::max(n_known, 1.0);
  for (std::size_t f = 0; f <= rank; ++f) {
    const double mean = sums[f] / n_known;
    means.push_back(static_cast<float>(mean));
    variances.push_back(static_cast<float>(std::max(squares[f] / n_known - mean * mean, 0.0)));
  }
}

std::vector<std::int32_t> flags(const std::vector<float>& counts) {
  std::vector<std::int32_t> out;
  for (const float n : counts) out.push_back(n > 0);
  return out;
}

}  // namespace

BfmPosterior::BfmPosterior(const BfmDesign& design, std::span<const float> levels, int rank)
    : rank_(rank),
      levels_(levels.begin(), levels.end()),
      user_rows_(design.user_rows),
      item_rows_(design.item_rows),
      days_(design.days),
      user_days_(design.user_days) {
  double sum = 0;
  for (const float stars : design.stars) sum += static_cast<double>(stars);
  mean_stars_ = static_cast<float>(sum / static_cast<double>(std::max<std::size_t>(design.stars.size(), 1)));
  const std::size_t n_days = design.has_day ? design.days.size() : 0;
  const std::size_t n_user_days = design.has_user_day ? design.user_days.size() : 0;
  tables_ = {Table{.name = "user", .n = design.user.n_rows, .known = flags(design.user.counts)},
             Table{.name = "item", .n = design.item.n_rows, .known = flags(design.item.counts)},
             Table{.name = "day", .n = n_days, .known = std::vector<std::int32_t>(n_days, 1)},
             Table{.name = "user-day", .n = n_user_days, .known = std::vector<std::int32_t>(n_user_days, 1)}};
  const auto is_bag = [](const BfmGroup& group) { return group.name == "implicit-user"; };
  if (std::ranges::any_of(design.user.groups, is_bag)) bag_.n = design.item.n_rows;
  bag_.known.assign(bag_.n, 1);
  for (std::size_t fact = 0; fact < facts_.size(); ++fact) {
    facts_[fact].of = design.facts[fact];
    for (const BfmGroup& group : design.user.groups)
      if (group.name == kBfmFacts[fact]) facts_[fact].n = group.n_features();
  }
}

void BfmPosterior::add(const BfmDraw& draw) {
  w0_.push_back(draw.w0);
  noise_.push_back(draw.noise);
  cuts_.insert(cuts_.end(), draw.cuts.begin(), draw.cuts.end());
  const BfmTable* const from[kTables] = {&draw.user, &draw.item, &draw.day, &draw.user_day};
  for (std::size_t t = 0; t < kTables; ++t)
    if (tables_[t].n > 0) add(tables_[t], *from[t]);
  if (!draw.newcomer.own.a.empty())
    add_moments(draw.newcomer.own, tables_[kUser].known, own_mean_, own_variance_);
  if (bag_.n > 0) add(bag_, draw.newcomer.bag);
  side_.insert(side_.end(), draw.newcomer.side.q.begin(), draw.newcomer.side.q.end());
  side_.insert(side_.end(), draw.newcomer.side.a.begin(), draw.newcomer.side.a.end());
  const auto rank = static_cast<std::size_t>(rank_);
  const auto append = [&](std::vector<float>& to, const BfmTable& table, std::size_t row) {
    const float* const q = table.q.data() + row * rank;
    to.insert(to.end(), q, q + rank);
    to.push_back(table.a[row]);
  };
  for (std::size_t fact = 0; fact < facts_.size(); ++fact) {
    if (facts_[fact].n == 0) continue;
    for (std::size_t j = 0; j < facts_[fact].n; ++j)
      append(facts_[fact].numbers, draw.newcomer.facts[fact], j);
    append(facts_[fact].means, draw.newcomer.fact_means, fact);
  }
}

void BfmPosterior::add(Table& table, const BfmTable& drawn) {
  add_moments(drawn, table.known, table.mean, table.variance);
  const auto rank = static_cast<std::size_t>(rank_);
  std::vector<float> largest(rank);
  for (std::size_t row = 0; row < table.n; ++row)
    for (std::size_t f = 0; f < rank; ++f)
      largest[f] = std::max(largest[f], std::abs(drawn.q[row * rank + f]));
  for (std::size_t f = 0; f < rank; ++f) table.scales.push_back(std::max(largest[f], 1e-20F) / kLargestCode);
  const float* const scales = table.scales.data() + table.scales.size() - rank;
  const std::size_t first = table.codes.size();
  table.codes.resize(first + table.n * rank);
  for (std::size_t row = 0; row < table.n; ++row)
    for (std::size_t f = 0; f < rank; ++f)
      table.codes[first + row * rank + f] =
          static_cast<std::int8_t>(std::nearbyint(drawn.q[row * rank + f] / scales[f]));
  table.a.insert(table.a.end(), drawn.a.begin(), drawn.a.end());
}

std::array<std::int32_t, BfmPosterior::kTables> BfmPosterior::rows_of(const BfmQuery& query,
                                                                      std::size_t k) const {
  const UserIdx user = query.folded.empty() ? query.users[k] : kNoUser;
  const ItemIdx item = query.items[k];
  std::array<std::int32_t, kTables> rows{user == kNoUser ? -1 : user_rows_[index(user)],
                                         item == kNoItem ? -1 : item_rows_[index(item)], -1, -1};
  if (query.times.empty()) return rows;
  const std::int32_t day = day_of(query.times[k]);
  if (tables_[kDay].n > 0) rows[kDay] = find(days_, day);
  if (tables_[kUserDay].n > 0) rows[kUserDay] = find(user_days_, user_day_key(rows[kUser], day));
  return rows;
}

/// Scores of one draw, and what the spread of unknown users and items adds to their variance.
void BfmPosterior::score(std::size_t draw,
                         std::span<const float> folded,
                         std::span<const std::array<std::int32_t, kTables>> rows,
                         std::span<float> scores,
                         std::span<float> variances) const {
  const auto rank = static_cast<std::size_t>(rank_);
  // The context of the row before: its users, days and user-days in one vector c, and its score without an
  // item.
  std::vector<float> c(rank), q(rank);
  float base = 0;
  const Table& items = tables_[kItem];
  const float* const item_scales = items.scales.data() + draw * rank;
  const float* const of_folded = folded.empty() ? nullptr : folded.data() + draw * (rank + 1);
  const auto read = [&](const Table& table, std::int32_t row) {
    if (of_folded != nullptr && &table == &tables_[kUser]) {
      std::copy_n(of_folded, rank, q.data());
      return of_folded[rank];
    }
    if (row < 0) {
      std::copy_n(table.mean.data() + draw * (rank + 1), rank, q.data());
      return table.mean[draw * (rank + 1) + rank];
    }
    const std::size_t at = draw * table.n + static_cast<std::size_t>(row);
    bfm::decode(table.codes.data() + at * rank, table.scales.data() + draw * rank, q);
    return table.a[at];
  };
  const auto is_known = [](const Table& table, std::int32_t row) {
    return row >= 0 && table.known[static_cast<std::size_t>(row)] != 0;
  };
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto& row = rows[k];
    if (k == 0 || row[kUser] != rows[k - 1][kUser] || row[kDay] != rows[k - 1][kDay] ||
        row[kUserDay] != rows[k - 1][kUserDay]) {
      base = w0_[draw];
      std::ranges::fill(c, 0.F);
      for (const TableIndex t : {kUser, kDay, kUserDay}) {
        if (tables_[t].n == 0) continue;
        base += read(tables_[t], row[t]);
        for (std::size_t f = 0; f < rank; ++f) base += c[f] * q[f];
        for (std::size_t f = 0; f < rank; ++f) c[f] += q[f];
      }
    }
    const std::int32_t item = row[kItem];
    if (item < 0) {
      const float a = read(items, item);
      scores[k] = base + a;
      for (std::size_t f = 0; f < rank; ++f) scores[k] += c[f] * q[f];
    } else {
      const std::size_t at = draw * items.n + static_cast<std::size_t>(item);
      scores[k] = base + items.a[at] + bfm::dot_codes(c, item_scales, items.codes.data() + at * rank);
    }
    float variance = 0;
    const auto add_spread = [&](const Table& unknown, std::span<const float> other) {
      const float* const of = unknown.variance.data() + draw * (rank + 1);
      variance += of[rank];
      for (std::size_t f = 0; f < rank; ++f) variance += other[f] * other[f] * of[f];
    };
    if (!is_known(items, item)) add_spread(items, c);
    if (of_folded == nullptr && !is_known(tables_[kUser], row[kUser])) {
      read(items, item);
      add_spread(tables_[kUser], q);
    }
    variances[k] = variance;
  }
}

void BfmPosterior::predict_block(const BfmQuery& query,
                                 std::size_t begin,
                                 std::span<float> stars,
                                 std::span<float> deviations) const {
  const std::size_t n = stars.size();
  std::vector<std::array<std::int32_t, kTables>> rows(n);
  for (std::size_t k = 0; k < n; ++k) rows[k] = rows_of(query, begin + k);
  std::vector<float> scores(n), variances(n);
  std::vector<double> sum(n), squares(n);
  const std::size_t n_cuts = levels_.empty() ? 0 : levels_.size() - 1;
  for (std::size_t draw = 0; draw < n_draws(); ++draw) {
    score(draw, query.folded, rows, scores, variances);
    if (!levels_.empty()) {
      for (float& x : variances) x = std::sqrt(1 + x);
      bfm::add_expected_stars(scores, variances, levels_, std::span(cuts_).subspan(draw * n_cuts, n_cuts),
                              sum.data(), squares.data());
      continue;
    }
    for (std::size_t k = 0; k < n; ++k) {
      const auto mean = static_cast<double>(scores[k]);
      const auto noise = static_cast<double>(noise_[draw]);
      sum[k] += mean;
      squares[k] += mean * mean + noise * noise + static_cast<double>(variances[k]);
    }
  }
  const double n_used = static_cast<double>(n_draws());
  for (std::size_t k = 0; k < n; ++k) {
    const double mean = n_used > 0 ? sum[k] / n_used : static_cast<double>(mean_stars_);
    stars[k] = static_cast<float>(mean);
    if (!deviations.empty())
      deviations[k] =
          n_used > 0 ? static_cast<float>(std::sqrt(std::max(squares[k] / n_used - mean * mean, 0.0))) : 1.F;
  }
}

void BfmPosterior::predict(const BfmQuery& query, std::span<float> stars, std::span<float> deviations) const {
  const std::size_t n_blocks = (stars.size() + kBlockRows - 1) / kBlockRows;
#pragma omp parallel for schedule(dynamic, 1)
  for (std::size_t block = 0; block < n_blocks; ++block) {
    const std::size_t begin = block * kBlockRows, n = std::min(kBlockRows, stars.size() - begin);
    predict_block(query, begin, stars.subspan(begin, n),
                  deviations.empty() ? deviations : deviations.subspan(begin, n));
  }
}

}  // namespace movrec
