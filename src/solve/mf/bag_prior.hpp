#pragma once

#include <vector>

#include "movrec/core/state_dict.hpp"
#include "solve/common/rating_lists.hpp"

namespace movrec {

/// The mean of the prior of each row's factors, given what the row has rated (or who has rated it):
///
///     prior_u = intercept + |N(u)|^-1/2 Σ_{i in N(u)} link_i
///
/// the bag of SVD++ (Koren, "Factorization meets the neighborhood", KDD 2008, eq. 15) as side information of
/// Bayesian matrix factorization (Simm et al., "Macau", 2017, eq. 4). It moves into the factors, so that a
/// fitted model is a plain product. `link` is the ridge regression of the factors on the bags, by a few steps
/// of conjugate gradients after each update of the factors, each started from the last.
class BagPrior {
 public:
  /// `own` lists the ratings of the rows, `other` those of what they rate. l2 0: the intercept alone.
  BagPrior(const RatingLists& own, const RatingLists& other, std::size_t dim, double l2);

  /// Starts with link 0 and the mean of `factors` [n, dim] as intercept.
  void start(const std::vector<float>& factors);
  /// A few steps towards the best link for these factors; the same at any thread count.
  void update(const std::vector<float>& factors);

  const std::vector<float>& prior() const { return prior_; }  ///< [n, dim]
  const std::vector<float>& link() const { return link_; }    ///< [n_other, dim]
  const std::vector<float>& intercept() const { return intercept_; }

  void save(StateDict&, const std::string& prefix) const;
  void load(const StateDict&, const std::string& prefix);

 private:
  void sum_bags(const std::vector<float>& link, std::vector<float>& out) const;
  void sum_bags_transposed(std::vector<float>& rows, std::vector<float>& out) const;
  void update_intercept(const std::vector<float>& factors);

  const RatingLists& own_;
  const RatingLists& other_;
  std::size_t dim_;
  float l2_;
  std::vector<float> scale_;         ///< [n], |N|^-1/2
  std::vector<float> precondition_;  ///< [n_other], the diagonal of the normal equations, inverted
  std::vector<float> link_;          ///< [n_other, dim]
  std::vector<float> prior_;         ///< [n, dim]
  std::vector<float> intercept_;     ///< [dim]
};

}  // namespace movrec
