#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/solve/bfm/bfm.hpp"

namespace movrec {

class RidgeSolver;

/// Ratings to predict; `times` may be empty. kNoUser and kNoItem are allowed.
struct BfmQuery {
  std::span<const UserIdx> users;
  std::span<const ItemIdx> items;
  std::span<const std::int64_t> times;
  /// fold_in's answer: all rows ask about that user, and `users` is not looked at. Empty: none.
  std::span<const float> folded{};
};

/// Draws of a chain or several as a model answers from them: the mean over draws of a rating's expected
/// stars, and the standard deviation of the rating itself around it. Vectors are kept as 8-bit integers with
/// one scale for each draw and factor.
///
/// What training rows do not know is answered by averages: a user (item) without ratings has the mean of the
/// others beside his own side features, and the spread of the others is added to the latent noise; a day that
/// was not seen, or no time, has the mean of the days.
class BfmPosterior {
 public:
  /// Without draws, until add() is called: the mean of the stars.
  BfmPosterior(const BfmDesign&, std::span<const float> levels, int rank);
  /// From state(). Error{model}.
  BfmPosterior(const StateDict&, std::int32_t n_users, std::int32_t n_items);

  void add(const BfmDraw&);
  std::size_t n_draws() const { return w0_.size(); }

  /// Expected stars, and where `deviations` is not empty the standard deviation of each rating.
  void predict(const BfmQuery&, std::span<float> stars, std::span<float> deviations) const;

  /// A user that the draws do not know, by facts and by ratings of items that they know, or either: in each
  /// draw the bag of the rated items, side features where known and else the users' means, and features of
  /// his own, given the draw by ridge regression towards the mean of the other users' own with their spread;
  /// probit: of the ratings' latent values, whose expectations follow in turn (Albert and Chib, "Bayesian
  /// analysis of binary and polychotomous response data", JASA 1993, as expectation maximisation). [draws,
  /// rank + 1]: q, then a.
  std::vector<float> fold_in(std::span<const ItemIdx> items,
                             std::span<const float> stars,
                             const BfmFacts& facts) const;
  /// Whether any fact of a user is a feature.
  bool knows_facts() const;
  /// Whether the user has training rows.
  bool knows(UserIdx) const;
  /// Whether the item has training rows.
  bool knows(ItemIdx) const;
  /// The mean over draws of the cosine of each item's q, less the mean item's, and this one's: out[i] of item
  /// i, 0 for those without training rows.
  void similarities(ItemIdx, std::span<float> out) const;

  void save(StateDict&) const;

 private:
  /// The vectors of one kind of block row over all draws.
  struct Table {
    std::string name;
    std::size_t n = 0;
    std::vector<std::int32_t> known{};      ///< [n] 1: has training rows
    std::vector<std::int8_t> codes{};       ///< [draws, n, rank]
    std::vector<float> scales{};            ///< [draws, rank]
    std::vector<float> a{};                 ///< [draws, n]
    std::vector<float> mean{}, variance{};  ///< [draws, rank + 1] over known rows: q, then a
  };
  enum TableIndex { kUser, kItem, kDay, kUserDay, kTables };

  void add(Table&, const BfmTable&);
  static void save(const Table&, StateDict&);
  void load(Table&, const StateDict&, std::size_t n_draws) const;
  std::array<std::int32_t, kTables> rows_of(const BfmQuery&, std::size_t k) const;
  void fold_in(std::size_t draw,
               std::span<const ItemIdx> items,
               std::span<const float> stars,
               const BfmFacts& facts,
               std::span<float> folded) const;
  /// The user's own features, v and w, [rank + 1].
  void solve_own(std::size_t draw,
                 std::span<const float> stars,
                 RidgeSolver&,
                 std::span<const float> offsets,
                 std::span<float> own) const;
  void score(std::size_t draw,
             std::span<const float> folded,
             std::span<const std::array<std::int32_t, kTables>> rows,
             std::span<float> scores,
             std::span<float> variances) const;
  void predict_block(const BfmQuery&,
                     std::size_t begin,
                     std::span<float> stars,
                     std::span<float> deviations) const;

  int rank_ = 0;
  float mean_stars_ = 0;
  std::vector<float> levels_;                        ///< empty: gaussian
  std::vector<std::int32_t> user_rows_, item_rows_;  ///< of BfmDesign
  std::vector<std::int32_t> days_;
  std::vector<std::int64_t> user_days_;
  std::array<Table, kTables> tables_;
  Table bag_{.name = "bag"};                      ///< of BfmNewcomer; its n is 0 if it is no feature
  std::vector<float> own_mean_, own_variance_{};  ///< [draws, rank + 1] over users with ratings, or none
  std::vector<float> side_{};                     ///< [draws, rank + 1]
  struct Fact {
    BfmFactFeatures of{};
    std::size_t n = 0;             ///< features
    std::vector<float> numbers{};  ///< [draws, n, rank + 1]: v, then w
    std::vector<float> means{};    ///< [draws, rank + 1] over users with ratings
  };
  std::array<Fact, kBfmFacts.size()> facts_{};
  std::vector<float> w0_, noise_, cuts_;  ///< by draw; cuts [draws, levels - 1]
};

}  // namespace movrec
