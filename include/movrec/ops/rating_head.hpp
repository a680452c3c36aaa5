#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace movrec {

enum class RatingLoss { mse, huber, ordinal, softmax };

/// How one raw number of a net becomes stars, and what it costs beside the stars that were given.
///   mse, huber  stars = raw, or low + range·σ(raw); the squared error, or Huber's (1964): squared up to
///               huber_delta, from there on linear
///   ordinal     cumulative links, as in OrdRec (Koren and Sill, RecSys 2011) with one scale for all users:
///               P(class <= k) = σ(cut_k - raw), cuts ascending
///   softmax     P(class = k) ∝ exp(slope_k·raw + intercept_k) (Anderson's stereotype model, 1984)
/// With classes, low + step·k are the stars of class k, stars are their expectation, and the cost is -log of
/// the probability of what was given.
struct RatingHead {
  RatingLoss loss = RatingLoss::mse;
  bool sigmoid = false;  ///< mse and huber
  float low = 1, range = 4;
  float step = 1;
  double huber_delta = 1;

  bool has_classes() const { return loss == RatingLoss::ordinal || loss == RatingLoss::softmax; }
  std::int64_t n_classes() const;
  /// Trained numbers of its own. ordinal: the first cut, then the logarithms of the gaps; softmax: slopes,
  /// then intercepts.
  std::int64_t n_weights() const;
};

std::vector<std::string_view> rating_loss_names();
/// Error{usage} that lists the names.
RatingLoss rating_loss(std::string_view name);

/// Weights that make all classes equally likely at raw = 0 (ordinal), or slopes that stand one apart.
at::Tensor init_head_weights(const RatingHead&);

/// Stars of raw [...], and the mean cost [] of raw [B] for stars [B], by LibTorch's operations. `weights`
/// [n_weights] may be undefined where there are none.
at::Tensor head_stars(const RatingHead&, const at::Tensor& raw, const at::Tensor& weights);
at::Tensor head_loss(const RatingHead&,
                     const at::Tensor& raw,
                     const at::Tensor& stars,
                     const at::Tensor& weights);

/// The same on the CPU over raw arrays, with gradients.
class HeadKernel {
 public:
  /// `weights` is read now, once.
  HeadKernel(const RatingHead&, const float* weights);

  /// Whether stars are the raw numbers themselves.
  bool is_identity() const { return !head_.sigmoid && !head_.has_classes(); }
  void to_stars(float* raw, std::int64_t n) const;
  /// The sum of the costs. slopes[b] = scale · d cost / d raw[b]; adds scale · d cost / d weights to
  /// `weight_gradients`, which may be null: not wanted.
  double cost(const float* raw,
              const float* stars,
              std::int64_t n,
              float scale,
              float* slopes,
              float* weight_gradients) const;

 private:
  double cost_of_error(
      const float* raw, const float* stars, std::int64_t n, float scale, float* slopes) const;
  double ordinal_cost(const float*, const float*, std::int64_t, float, float*, float*) const;
  double softmax_cost(const float*, const float*, std::int64_t, float, float*, float*) const;
  std::int64_t class_of(float stars) const;

  RatingHead head_;
  std::vector<float> weights_;
  std::vector<double> cuts_;  ///< ordinal
};

}  // namespace movrec
