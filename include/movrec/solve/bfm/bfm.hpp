#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/solve/bfm/bfm_design.hpp"

namespace movrec {

struct BfmOptions {
  std::string likelihood = "probit";
  std::vector<std::string> features;
  int sweeps = 512;
  int burn_in = 4;
  int chains = 1;
  int samples = 256;

  static constexpr std::string_view kGroup = option_group::kTraining;
  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "likelihood",
                .help = "probit: stars are ordered classes; gaussian: they are numbers",
                .choices = {"probit", "gaussian"}},
          self.likelihood);
    visit(
        Field{.name = "features",
              .help =
                  "what a rating is explained by, with commas: these, and columns of ‹items› and ‹users› by "
                  "their names (or item.NAME, user.NAME); all: whatever the data set has (default: all "
                  "but day and user-day)",
              .choices = bfm_feature_names(),
              .takes_others = true,
              .value_name = "LIST"},
        self.features);
    visit(Field{.name = "sweeps", .help = "Gibbs sweeps of each chain", .min = 1, .max = 1e6}, self.sweeps);
    visit(Field{.name = "burn-in", .help = "first sweeps that no average holds", .min = 0, .max = 1e6},
          self.burn_in);
    visit(Field{.name = "chains",
                .help = "independent chains to average, side by side on the threads",
                .min = 1,
                .max = 1024},
          self.chains);
    visit(Field{.name = "samples",
                .help = "how many sweeps' draws, of all chains, the model keeps to answer from",
                .min = 1,
                .max = 1e6},
          self.samples);
  }
};

/// Block rows as prediction needs them: the vector of a row, and all of its score that needs no other block.
struct BfmTable {
  std::vector<float> q{};  ///< [n, rank], q_f = Σ_j v_jf x_j
  std::vector<float> a{};  ///< [n], Σ_j w_j x_j + ½ Σ_f (q_f² - Σ_j v_jf² x_j²)
};

/// What a user whom training did not know is made of, beside what is to be solved for.
struct BfmNewcomer {
  BfmTable own{};  ///< [users] the users' own features: v, w; empty if they have none
  BfmTable bag{};  ///< [items] the features of the bag of a user's items: v, w; empty if it is none
  std::array<BfmTable, kBfmFacts.size()> facts{};  ///< the features of each fact: v, w; empty if it is none
  BfmTable fact_means{};                           ///< [facts] their means over users with ratings
  BfmTable side{};  ///< [1] a user of whom no side feature is known: the mean of each family, combined
};

/// One draw from the posterior. The score of a rating is w0 + Σ a + the products of each two of its q's over
/// its user, item, day and user-day; the last two are empty where they are no feature.
struct BfmDraw {
  int rank = 0;
  float w0 = 0;
  float noise = 1;            ///< standard deviation of the latent value around the score
  std::vector<float> cuts{};  ///< ordered probit: cut-points; gaussian: none, and the score is in stars
  BfmTable user{}, item{}, day{}, user_day{};
  BfmNewcomer newcomer{};
};

/// One Markov chain of a Bayesian factorization machine: the feature families of BfmDesign with a normal
/// prior of unknown mean and precision for each family and factor, gaussian or ordered-probit ratings. A
/// sweep redraws everything once (Rendle, "Factorization machines with libFM", 2012, section 3.3; with
/// relation blocks: Rendle, "Scaling factorization machines to relational data", VLDB 2013) in time O(ratings
/// + non-zeros of the blocks) per factor. What is drawn depends on (seed, chain, sweep) alone, not on
/// threads.
class BfmSampler {
 public:
  /// The design must outlive the sampler. Error{usage} if a probit is asked for and the stars have more than
  /// 64 different values.
  BfmSampler(const BfmDesign&, bool is_probit, int rank, std::uint64_t seed, int chain);
  ~BfmSampler();
  BfmSampler(BfmSampler&&) noexcept;

  void sweep(int threads);
  int sweeps_done() const;
  BfmDraw draw() const;
  /// The different stars of a probit's classes, ascending; empty for a gaussian.
  const std::vector<float>& levels() const;
  /// The precision of ratings around their score, as drawn last (probit: 1).
  double noise_precision() const;
  /// Mean squared error of the current draw on (probit: an eighth of) the training rows, before the last
  /// sweep.
  double train_mse() const;
  std::int64_t n_parameters() const;

  /// All that the next sweep depends on; names begin with `prefix`.
  void save(StateDict&, const std::string& prefix) const;
  void load(const StateDict&, const std::string& prefix);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
