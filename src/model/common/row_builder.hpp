#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/common/user_columns.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/data/catalog.hpp"
#include "movrec/data/ratings.hpp"
#include "movrec/model/common/model.hpp"
#include "movrec/net/row_batch.hpp"
#include "movrec/net/row_options.hpp"
#include "movrec/solve/common/bias.hpp"

namespace movrec {

/// What a rating is in a row.
enum class RowValue {
  residual,  ///< stars less what the biases say
  share,     ///< stars as a share of the scale's highest
  seen,      ///< 1, in rows of length 1
};

/// A row before it is built: columns ascending, each once.
struct RowContent {
  std::span<const std::int32_t> columns;
  std::span<const float> stars;
  Demographics who{};
  UserIdx user = kNoUser;  ///< whose side columns are looked at
  float bias = 0;          ///< of the row, with RowValue::residual
};

/// Who a user is in numbers, and what the genres of his items are: age / 100; gender, 1 for M; occupation as
/// a share of the last one, or an input for each; for each genre Σ stars of items that have it / (highest
/// stars · number of items). What is not known of a user is the mean over those of whom it is. Then what
/// columns say of him (UserColumns).
class ProfileInputs {
 public:
  ProfileInputs(const SideInfo&, bool one_hot_occupation, float max_stars);
  ProfileInputs(const StateDict&, bool one_hot_occupation, float max_stars);
  void save(StateDict&) const;

  std::size_t size() const { return means_.size() + n_genres_ + columns_.size(); }
  /// `kept` as many flags as the content has columns: which of its ratings are shown.
  void append(const RowContent&, std::span<const char> kept, std::vector<float>& inputs) const;

 private:
  std::vector<float> demographics_of(const Demographics&) const;
  void append_genres(const RowContent&, std::span<const char> kept, std::vector<float>& inputs) const;

  bool one_hot_;
  float max_stars_;
  std::int64_t n_occupations_ = 0;
  std::size_t n_genres_ = 0;
  std::vector<std::int32_t> genre_bits_;  ///< by item
  std::vector<float> means_;              ///< of each demographic input
  UserColumns columns_;
};

/// Makes the rows that a RowNet sees: the same for training, evaluation and people whom it meets later.
class RowBuilder {
 public:
  /// `columns`: biases of the columns, for residuals. `max_stars` of the scale.
  RowBuilder(
      RowValue value, const RowNetOptions& options, double mean, std::vector<float> columns, float max_stars)
      : value_(value),
        options_(options),
        mean_(mean),
        columns_(std::move(columns)),
        max_stars_(max_stars > 0 ? max_stars : 1) {}  // where all stars are 0, so are their shares

  void set_profile(ProfileInputs profile) { profile_.emplace(std::move(profile)); }
  const std::optional<ProfileInputs>& profile() const { return profile_; }
  bool looks_at_stars() const { return value_ != RowValue::seen; }
  std::size_t n_side() const { return profile_ ? profile_->size() : 0; }

  /// Adds all of it as an input.
  void add(RowBatch&, const RowContent&) const;
  /// Adds what is left of it after hiding and noise, if it is to have any, as an input, and all of it as a
  /// target.
  void add_for_training(
      RowBatch&, const RowContent&, std::uint64_t seed, std::uint64_t stream, bool with_noise = true) const;

 private:
  std::vector<float> values_of(const RowContent&) const;
  void add_input(RowBatch&,
                 const RowContent&,
                 std::span<const float> values,
                 std::span<const char> kept) const;

  RowValue value_;
  RowNetOptions options_;
  double mean_;
  std::vector<float> columns_;
  float max_stars_;
  std::optional<ProfileInputs> profile_;
};

}  // namespace movrec
