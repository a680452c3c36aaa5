#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/float_buffer.hpp"
#include "movrec/core/state_dict.hpp"

namespace movrec {

/// Limited-memory BFGS (Liu and Nocedal, "On the limited memory BFGS method for large scale optimization",
/// 1989) with a line search for the strong Wolfe conditions (Nocedal and Wright, "Numerical Optimization",
/// 2006, algorithms 3.5 and 3.6).
///
/// The two-loop recursion runs on the products between the remembered vectors (Chen, Wang and Zhou,
/// "Large-scale L-BFGS using MapReduce", 2014), so that an iteration reads the memory twice and not four
/// times: once for the products with the new gradient, once for the direction. Sums have a fixed order: the
/// same bits at any number of threads.
class Lbfgs {
 public:
  /// The value at x, and its gradient.
  using Objective = std::function<double(std::span<const float> x, std::span<float> gradient)>;

  Lbfgs(FloatBuffer start, Objective, int memory = 10);

  /// One iteration, after which the objective has last been asked for at x(). Where no lower point is found,
  /// which is the end of what floats can tell, x() stays.
  void step();

  std::span<const float> x() const { return x_.span(); }
  double value() const { return value_; }  ///< at x(); of the start only after the first step
  std::int64_t steps() const { return steps_; }
  std::int64_t evaluations() const { return evaluations_; }

  void save(StateDict&) const;
  /// Goes on from what save() wrote, bit by bit; the objective is asked for at x() first. Error{model}.
  void load(const StateDict&);

 private:
  /// A step along the direction.
  struct Trial {
    double t = 0, value = 0, slope = 0;
  };

  std::size_t slot(int age) const;  ///< of the pair that is `age` steps older than the newest
  bool search();                    ///< along direction_; leaves the point in next_
  Trial try_at(double t);
  void find_direction();
  void remember();

  FloatBuffer x_, gradient_, next_, next_gradient_, direction_;
  std::vector<FloatBuffer> s_, y_;  ///< [memory] of steps and of changes of the gradient, as a ring
  Objective objective_;
  double value_ = 0, slope_ = 0;
  std::int64_t steps_ = 0, evaluations_ = 0;
  bool done_ = false;  ///< no lower point was found even along the gradient
  std::int64_t n_pairs_ = 0, next_slot_ = 0;
  /// Products: s_i · y_j and y_i · y_j as [memory, memory], s_i · gradient and y_i · gradient as [memory].
  std::vector<double> sy_, yy_, sg_, yg_;
  double gg_ = 0;  ///< gradient · gradient
};

}  // namespace movrec
