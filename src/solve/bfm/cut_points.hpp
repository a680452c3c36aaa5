#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "movrec/core/random.hpp"

namespace movrec::bfm {

/// How many rows of each class have which latent score, on a grid. Each row is spread over four points with
/// cubic Lagrange weights, so that sums of smooth functions over the grid are those over the rows up to the
/// fourth power of the step.
class ScoreGrid {
 public:
  ScoreGrid(std::size_t n_classes, float lowest, float highest);
  void add(std::span<const float> scores, const std::uint8_t* classes);
  void add(const ScoreGrid& other);

  std::size_t n_points() const { return n_points_; }
  double score(std::size_t point) const { return origin_ + static_cast<double>(point) * step_; }
  double count(std::size_t in_class, std::size_t point) const {
    return counts_[in_class * n_points_ + point];
  }

 private:
  double origin_, step_;
  std::size_t n_points_;
  std::vector<double> counts_;
};

/// The cut-points γ_1 < … < γ_{K-1} of an ordered probit: class k has latent values in (γ_{k-1}, γ_k]. They
/// are γ_1 = a_1, γ_k = γ_{k-1} + exp(a_k) with a ~ N(0, 1), sampled given the scores alone, with the latent
/// values integrated out: independence Metropolis from a multivariate t around the mode (Albert and Chib,
/// "Sequential ordinal modeling with applications to survival data", 2001, section 3).
class CutPoints {
 public:
  CutPoints() = default;
  /// Those that give the classes' shares at scores that are 0.
  explicit CutPoints(std::span<const double> class_counts);

  void sample(const ScoreGrid&, RandomStream&);

  std::vector<double> values() const;
  std::span<const double> parameters() const { return a_; }
  void set_parameters(std::span<const double> a) { a_.assign(a.begin(), a.end()); }

 private:
  std::vector<double> a_;
};

}  // namespace movrec::bfm
