#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/data/ratings.hpp"

namespace movrec {

struct KnnOptions {
  int neighbours = 40;
  int candidates = 512;
  std::string similarity = "pearson";
  double shrinkage = 100;
  int min_common = 2;
  double similarity_power = 2;
  double weight_damping = 0.05;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "neighbours",
                .help = "how many of the items that a user rated, the most similar ones, have a say",
                .min = 1,
                .max = 1e6},
          self.neighbours);
    visit(Field{.name = "candidates",
                .help = "similar items that are kept for each item, rated by the user or not",
                .min = 1,
                .max = 1e6},
          self.candidates);
    visit(Field{.name = "similarity",
                .help = "of two items' ratings less biases: pearson looks at the users who rated both, "
                        "cosine counts what the others gave as well",
                .choices = {"pearson", "cosine"}},
          self.similarity);
    visit(Field{.name = "shrinkage",
                .help = "similarities are multiplied by n / (n + this) for n common users",
                .min = 0,
                .max = 1e9},
          self.shrinkage);
    visit(Field{.name = "min-common",
                .help = "items with fewer common users are not similar",
                .min = 1,
                .max = 1e9},
          self.min_common);
    visit(Field{.name = "similarity-power",
                .help = "a neighbour's weight is its similarity to this power",
                .min = 0,
                .max = 100},
          self.similarity_power);
    visit(Field{.name = "weight-damping",
                .help = "added to the sum of weights that a prediction is divided by",
                .min = 0,
                .max = 1e9},
          self.weight_damping);
  }
};

/// Each item's most similar items, most similar first: item i has [begin[i], begin[i + 1]).
struct ItemNeighbours {
  std::vector<std::int64_t> begin{0};  ///< [n_items + 1]
  std::vector<std::int32_t> items{};   ///< never i itself
  std::vector<float> similarities{};   ///< positive, descending; ties by item
};

/// The `candidates` most similar items of each item. With the residuals x of item i and y of item j, and n
/// users who rated both,
///
///     s_ij = Σ xy / sqrt(Σ x² Σ y²) · n / (n + shrinkage)
///
/// where the squares are summed over those n users (pearson: the correlation around the biases; Koren,
/// "Factor in the neighbors", 2010, section 2.2) or over all ratings of either item (cosine). Takes time
/// O(Σ_u n_u²) and memory O(n_items (candidates + threads)) beside the ratings. `residuals` has a number for
/// each row of `train`.
ItemNeighbours find_neighbours(const Ratings& train, std::span<const float> residuals, const KnnOptions&);

/// What a prediction adds to the biases: Σ w_j e_uj / (damping + Σ w_j) over the first `neighbours` items of
/// the list that the user rated, where `residuals` [n_items] has e_uj and kUnrated elsewhere.
inline constexpr float kUnrated = 1e30F;
float neighbours_say(std::span<const std::int32_t> items,
                     std::span<const float> weights,
                     const float* residuals,
                     int neighbours,
                     float damping);

}  // namespace movrec
