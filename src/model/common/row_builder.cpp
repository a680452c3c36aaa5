#include "model/common/row_builder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "movrec/core/random.hpp"

namespace movrec {
namespace {

/// Flags of a random `percent` of n, rounded down, that are hidden.
void hide(std::vector<char>& kept, std::int64_t percent, RandomStream& random) {
  const auto n = static_cast<std::uint32_t>(kept.size());
  const auto n_hidden = static_cast<std::uint32_t>(percent * n / 100);
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t k = 0; k < n_hidden; ++k) {
    std::swap(order[k], order[k + random.below(n - k)]);
    kept[order[k]] = 0;
  }
}

/// Changes values, and drops some of those that are kept.
void add_noise(const RowNetOptions& options,
               std::vector<float>& values,
               std::vector<char>& kept,
               RandomStream& random) {
  if (options.noise == "gaussian") {
    for (float& value : values) value += static_cast<float>(options.noise_level * random.normal());
  } else if (options.noise != "none") {
    for (char& one : kept)
      if (random.uniform() < options.noise_level) one = 0;
    if (options.noise == "dropout")
      for (float& value : values) value /= static_cast<float>(1 - options.noise_level);
  }
}

void append_row(SparseRows& rows,
                std::span<const std::int32_t> columns,
                std::span<const float> values,
                std::span<const char> kept) {
  rows.begins.push_back(std::ssize(rows.columns));
  for (std::size_t k = 0; k < columns.size(); ++k)
    if (kept[k]) {
      rows.columns.push_back(columns[k]);
      rows.values.push_back(values[k]);
    }
}

std::int32_t count(const std::vector<std::string>& names) {
  return static_cast<std::int32_t>(names.size());
}

}  // namespace

ProfileInputs::ProfileInputs(const SideInfo& side, bool one_hot_occupation, float max_stars)
    : one_hot_(one_hot_occupation),
      max_stars_(max_stars > 0 ? max_stars : 1),
      n_occupations_(count(side.users.occupation_names)),
      n_genres_(side.items.genre_names.size()),
      genre_bits_(side.items.genre_bits.begin(), side.items.genre_bits.end()),
      columns_(side.users.columns) {
  means_.assign(2 + (one_hot_ ? static_cast<std::size_t>(n_occupations_) : 1), 0.5F);
  std::vector<double> sums(means_.size()), counts(means_.size());
  for (std::size_t user = 0; user < side.users.ages.size(); ++user) {
    const std::vector<float> one =
        demographics_of({side.users.ages[user], side.users.genders[user], side.users.occupations[user]});
    for (std::size_t k = 0; k < one.size(); ++k)
      if (!std::isnan(one[k])) {
        sums[k] += static_cast<double>(one[k]);
        counts[k] += 1;
      }
  }
  for (std::size_t k = 0; k < means_.size(); ++k)
    if (counts[k] > 0) means_[k] = static_cast<float>(sums[k] / counts[k]);
}

ProfileInputs::ProfileInputs(const StateDict& state, bool one_hot_occupation, float max_stars)
    : one_hot_(one_hot_occupation), max_stars_(max_stars > 0 ? max_stars : 1), columns_(state) {
  const auto counts = state.values<std::int64_t>("profile.counts", 2);
  constexpr std::int64_t kMaxGenres = 32;  // as many as there are bits
  if (counts[0] < 0 || counts[0] > std::numeric_limits<std::int16_t>::max() || counts[1] < 0 ||
      counts[1] > kMaxGenres)
    fail(ErrorKind::model, "{} occupations and {} genres in the checkpoint", counts[0], counts[1]);
  n_occupations_ = counts[0];
  n_genres_ = static_cast<std::size_t>(counts[1]);
  genre_bits_ = state.list<std::int32_t>("profile.genre_bits");
  means_ = state.list<float>("profile.means", 2 + (one_hot_ ? static_cast<std::size_t>(n_occupations_) : 1));
}

void ProfileInputs::save(StateDict& state) const {
  state.set("profile.counts", std::array{n_occupations_, static_cast<std::int64_t>(n_genres_)});
  state.set("profile.genre_bits", genre_bits_);
  state.set("profile.means", means_);
  columns_.save(state);
}

/// NaN where it is not known.
std::vector<float> ProfileInputs::demographics_of(const Demographics& who) const {
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> out{who.age > 0 ? static_cast<float>(who.age) / 100 : kUnknown, who.gender == 'M' ? 1.F
                                                                                     : who.gender == 'F'
                                                                                         ? 0.F
                                                                                         : kUnknown};
  const bool knows = who.occupation >= 0 && who.occupation < n_occupations_;
  if (!one_hot_) {
    const auto last = static_cast<float>(std::max<std::int64_t>(n_occupations_ - 1, 1));
    out.push_back(knows ? static_cast<float>(who.occupation) / last : kUnknown);
    return out;
  }
  out.resize(means_.size(), knows ? 0.F : kUnknown);
  if (knows) out[2 + static_cast<std::size_t>(who.occupation)] = 1;
  return out;
}

void ProfileInputs::append(const RowContent& row,
                           std::span<const char> kept,
                           std::vector<float>& inputs) const {
  const std::vector<float> who = demographics_of(row.who);
  for (std::size_t k = 0; k < who.size(); ++k) inputs.push_back(std::isnan(who[k]) ? means_[k] : who[k]);
  if (n_genres_ > 0) append_genres(row, kept, inputs);
  columns_.append(row.user, inputs);
}

void ProfileInputs::append_genres(const RowContent& row,
                                  std::span<const char> kept,
                                  std::vector<float>& inputs) const {
  std::vector<double> genres(n_genres_);
  double n_kept = 0;
  for (std::size_t k = 0; k < row.columns.size(); ++k) {
    if (!kept[k]) continue;
    n_kept += 1;
    const std::int32_t bits = genre_bits_[static_cast<std::size_t>(row.columns[k])];
    for (std::size_t g = 0; g < n_genres_; ++g)
      if ((bits >> g & 1) != 0) genres[g] += static_cast<double>(row.stars[k]);
  }
  for (const double sum : genres)
    inputs.push_back(n_kept > 0 ? static_cast<float>(sum / (static_cast<double>(max_stars_) * n_kept)) : 0.F);
}

std::vector<float> RowBuilder::values_of(const RowContent& row) const {
  std::vector<float> values(row.columns.size());
  const auto mean = static_cast<float>(mean_);
  const float length = std::sqrt(static_cast<float>(std::max<std::size_t>(values.size(), 1)));
  for (std::size_t k = 0; k < values.size(); ++k) {
    switch (value_) {
      case RowValue::residual:
        values[k] = row.stars[k] - mean - row.bias - columns_[static_cast<std::size_t>(row.columns[k])];
        break;
      case RowValue::share:
        values[k] = row.stars[k] / max_stars_;
        break;
      case RowValue::seen:
        values[k] = 1 / length;
        break;
    }
  }
  return values;
}

void RowBuilder::add_input(RowBatch& batch,
                           const RowContent& row,
                           std::span<const float> values,
                           std::span<const char> kept) const {
  append_row(batch.input, row.columns, values, kept);
  if (profile_) profile_->append(row, kept, batch.side);
}

void RowBuilder::add(RowBatch& batch, const RowContent& row) const {
  add_input(batch, row, values_of(row), std::vector<char>(row.columns.size(), 1));
}

void RowBuilder::add_for_training(
    RowBatch& batch, const RowContent& row, std::uint64_t seed, std::uint64_t stream, bool with_noise) const {
  RandomStream random(seed, stream);
  std::vector<float> values = values_of(row);
  std::vector<char> kept(values.size(), 1);
  if (value_ == RowValue::seen) {
    append_row(batch.target, row.columns, std::vector<float>(values.size(), 1), kept);
  } else {
    append_row(batch.target, row.columns, values, kept);
  }
  if (!with_noise) return add_input(batch, row, values, kept);
  if (!options_.hide_percent.empty())
    hide(kept, options_.hide_percent[random.below(static_cast<std::uint32_t>(options_.hide_percent.size()))],
         random);
  add_noise(options_, values, kept, random);
  add_input(batch, row, values, kept);
}

}  // namespace movrec
