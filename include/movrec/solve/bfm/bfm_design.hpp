#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/catalog.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

/// Features of one family over the rows of a block. All features of a row have the same value, `weight[row]`:
/// 1 for one-hot families and genres, |bag|^-1/2 for bags and columns of categories, 0 for a row that has none.
struct BfmGroup {
  std::string name;
  bool is_side =
      false;            ///< known of users and items without ratings too: demographics, genres, year, columns
  bool is_unit = true;  ///< every weight is 1
  std::vector<std::uint32_t> feature_begin{0}, rows{};  ///< rows of feature j: [feature_begin[j], …[j + 1])
  std::vector<std::uint32_t> row_begin{0}, features{};  ///< the same, by row
  std::vector<float> weight{};                          ///< by row

  std::size_t n_features() const { return feature_begin.size() - 1; }
};

/// Training rows that share a block row share all its features.
struct BfmBlock {
  std::size_t n_rows = 0;
  std::vector<BfmGroup> groups{};
  std::vector<float> counts{};  ///< training rows by block row

  std::size_t n_features() const;
};

/// "all", and the families of features by name: what --features may say beside the names of columns.
std::vector<std::string_view> bfm_feature_names();

/// What a person may say of himself: of each kind a number, as in UserFeatures, where a missing one stands as
/// there. They are features under these names.
inline constexpr std::array<std::string_view, 3> kBfmFacts{"age", "gender", "occupation"};
using BfmFacts = std::array<std::int32_t, kBfmFacts.size()>;

/// The feature of each value of a fact that training users have; values ascend.
struct BfmFactFeatures {
  std::vector<std::int32_t> values{}, features{};
};

/// The design matrix of a factorization machine over ratings as three relation blocks: the user's, the
/// item's, and that of the context (the day, and the day of this user). Training rows are sorted by user and
/// day, so that all rows of a segment have the same user and the same context.
struct BfmDesign {
  std::int32_t n_users = 0, n_items = 0;
  /// The block row of a user (item): most ratings first, so that what is read most lies close together.
  std::vector<std::int32_t> user_rows{}, item_rows{};
  BfmBlock user{}, item{},
      context{};  ///< context: one block row per segment, or none where no time is looked at
  std::vector<std::uint32_t> rows{};           ///< of the training table, in sorted order
  std::vector<std::uint32_t> items{};          ///< [rows]
  std::vector<float> stars{};                  ///< [rows]
  std::vector<std::uint32_t> segment_begin{};  ///< into rows, one more than segments
  std::vector<std::uint32_t> user_segments{};  ///< into segments, n_users + 1
  std::vector<std::int32_t> days{};            ///< distinct days since 1970, ascending
  std::vector<std::int64_t> user_days{};       ///< user_day_key of each segment, ascending
  bool has_day = false, has_user_day = false;
  std::array<BfmFactFeatures, kBfmFacts.size()> facts{};  ///< empty where a fact is no feature

  std::size_t n_segments() const { return segment_begin.size() - 1; }
  std::size_t n_features() const { return user.n_features() + item.n_features() + context.n_features(); }
};

/// UTC.
std::int32_t day_of(std::int64_t unix_seconds);
std::int64_t user_day_key(std::int32_t user_row, std::int32_t day);

/// All families but columns: user, item, implicit-user (the bag of a user's items), implicit-item (the bag of an item's
/// users), day, user-day, age, gender, occupation, zip, genres, year.
std::span<const std::string_view> bfm_families();

/// Builds the blocks of those families from training rows alone; `side` may be null, and its columns are families by
/// their names, or by item.NAME and user.NAME, which a column is called whose name means something else, too. No
/// families: user, item, both bags, and what `side` has of demographics, genres, years and columns; "all": the days
/// too. Error{usage} for an unknown family, or one that the data lacks.
BfmDesign make_bfm_design(const Ratings& train, const SideInfo* side, std::span<const std::string> families);

}  // namespace movrec
