#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// The loops in which a Gibbs sweep spends its time. `r` is what the other blocks add to a row's q_f, `e` the
/// row's score minus its target.
namespace movrec::bfm {

/// Four sums over the training rows of a block row.
using Float4 [[gnu::vector_size(16)]] = float;

/// Those of a block row while one factor of its features is sampled: Σe, Σq, Σq² + Σe and Σq·e, where q is
/// the row's full Σ_l v_l x_l, each times a power of the group's weight x that makes the updates of a feature
/// the same for every block row: x², x³, x², x.
enum Lane { kE, kP, kQ, kG };

struct Prior {
  float mean, precision, noise_precision;
};

/// Draws v_j of every feature j of one group and one factor in turn: v ~ N((λμ - α Σ h (e - h v)) / P, 1 /
/// P), P = λ + α Σ h², h = x (q - x v) (Rendle, "Factorization machines with libFM", 2012, section 3.3.3),
/// with the sums over training rows taken from the scaled `sums` of block rows. `counts` is N x⁴ by block row
/// and `feature_counts` its sum by feature.
void sample_factors(std::span<const std::uint32_t> feature_begin,
                    std::span<const std::uint32_t> rows,
                    std::span<const float> counts,
                    std::span<const float> feature_counts,
                    std::span<const float> noise,
                    Prior prior,
                    Float4* sums,
                    float* v);

/// The same for linear weights, with `sums` x Σe, `counts` N x².
void sample_weights(std::span<const std::uint32_t> feature_begin,
                    std::span<const std::uint32_t> rows,
                    std::span<const float> counts,
                    std::span<const float> feature_counts,
                    std::span<const float> noise,
                    Prior prior,
                    float* sums,
                    float* w);

/// What a block adds to e of its rows: r·dq + de.
struct Change {
  float dq, de;
};

/// Segments [begin, end): e += q_before[segment]·dq + de of the row's item, then sums[segment] = Σr, Σr², Σe,
/// Σe·r with r = item_q.
void sum_by_segment(std::span<const std::uint32_t> segment_begin,
                    std::size_t begin,
                    std::size_t end,
                    const std::uint32_t* items,
                    const float* q_before,
                    const float* item_dq,
                    const float* item_de,
                    const float* item_q,
                    float* e,
                    Float4* sums);

/// Segments [begin, end): e += item_q·dq + de of the segment, then adds 1·(c, c², e, e·c) to the item's sums
/// with c = segment_q.
void sum_by_item(std::span<const std::uint32_t> segment_begin,
                 std::size_t begin,
                 std::size_t end,
                 const std::uint32_t* items,
                 const float* item_q,
                 const Change* changes,
                 const float* segment_q,
                 float* e,
                 Float4* sums);

/// scores[k] = base + item_a[item] + Σ_f c_f q_f[item] for n rows of one segment; item_q is [items, rank].
void score_rows(const std::uint32_t* items,
                std::size_t n,
                int rank,
                float base,
                const float* c,
                const float* item_a,
                const float* item_q,
                float* scores);

/// Adds to q[f] Σ v x, to *a Σ w x, and to *squares Σ_f Σ v² x² of one row's features, which all have the
/// value x; `factors` is [features, rank], `norms` Σ_f v² by feature.
void combine_features(std::span<const std::uint32_t> features,
                      std::size_t rank,
                      float x,
                      const float* factors,
                      const float* norms,
                      const float* weights,
                      float* q,
                      float* a,
                      float* squares);

/// Which random numbers: the key of (seed, chain), and a place that is used once.
struct Draw {
  std::array<std::uint32_t, 2> key;
  std::uint32_t sweep, purpose;
};

/// The `first`-th and following N(0, 1) numbers of a draw; `first` is a multiple of 4.
void fill_normals(Draw, std::size_t first, std::span<float> normals);

/// Replaces scores by scores minus a target z ~ N(score, 1) cut to (lower[class], upper[class]); the random
/// numbers are those of rows `first` and following, a multiple of 4.
void redraw_targets(Draw,
                    std::size_t first,
                    const std::uint8_t* classes,
                    const float* lower,
                    const float* upper,
                    std::span<float> scores);

/// Adds E[stars] and E[stars²] of an ordered probit to the sums: scores[k] is the latent mean, spread[k] the
/// latent standard deviation (>= 1), and P(stars > levels[j]) = Φ((score - cuts[j]) / spread).
void add_expected_stars(std::span<const float> scores,
                        std::span<const float> spread,
                        std::span<const float> levels,
                        std::span<const float> cuts,
                        double* sum,
                        double* sum_of_squares);

/// q[f] = codes[f] scales[f].
void decode(const std::int8_t* codes, const float* scales, std::span<float> q);
/// Σ_f c[f] codes[f] scales[f].
float dot_codes(std::span<const float> c, const float* scales, const std::int8_t* codes);

}  // namespace movrec::bfm
