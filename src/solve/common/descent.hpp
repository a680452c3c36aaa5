#pragma once

#include <string>
#include <vector>

#include "movrec/solve/common/descent.hpp"

namespace movrec {

/// Steps done, and the losses of the epoch's rows so far.
struct DescentCounts {
  double sum = 0;
  std::int64_t n_seen = 0, steps = 0;

  void begin_epoch() { sum = 0, n_seen = 0; }
};

template <class Impl>
Descent<Impl>::Descent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
template <class Impl>
Descent<Impl>::~Descent() = default;
template <class Impl>
Descent<Impl>::Descent(Descent&&) noexcept = default;

template <class Impl>
void Descent<Impl>::step(double lr) {
  impl_->step(lr);
  ++impl_->counts.steps;
}

template <class Impl>
std::int64_t Descent<Impl>::steps() const {
  return impl_->counts.steps;
}

template <class Impl>
double Descent<Impl>::loss() const {
  const DescentCounts& counts = impl_->counts;
  return counts.n_seen > 0 ? counts.sum / static_cast<double>(counts.n_seen) : 0;
}

template <class Impl>
StateDict Descent<Impl>::state() const {
  StateDict state;
  Impl::arrays(std::as_const(*impl_),
               [&](const char* name, const std::vector<float>& values) { state.set(name, values); });
  state.set(Impl::kSum, impl_->counts.sum);
  state.set("n_seen", impl_->counts.n_seen);
  state.set("step", impl_->counts.steps);
  return state;
}

template <class Impl>
void Descent<Impl>::load(const StateDict& state) {
  Impl::arrays(*impl_, [&](const char* name, std::vector<float>& values) { state.copy(name, values); });
  impl_->counts = {.sum = state.number<double>(Impl::kSum),
                   .n_seen = state.number<std::int64_t>("n_seen"),
                   .steps = state.number<std::int64_t>("step")};
}

}  // namespace movrec
