#pragma once

#include <cstdint>
#include <memory>

#include "movrec/core/state_dict.hpp"

namespace movrec {

/// What is common to the solvers that go down by stochastic gradients, a step after another. An Impl has
/// step(lr), DescentCounts `counts`, and arrays(self, visit) over all arrays that steps change, by name.
template <class Impl>
class Descent {
 public:
  Descent(Descent&&) noexcept;

  void step(double lr);
  std::int64_t steps() const;  ///< done so far
  double loss() const;         ///< mean over the epoch's rows so far, each before its update

  StateDict state() const;
  /// Goes on from an earlier state(), bit by bit. Error{model}.
  void load(const StateDict&);

 protected:
  explicit Descent(std::unique_ptr<Impl>);
  ~Descent();

  std::unique_ptr<Impl> impl_;
};

}  // namespace movrec
