#include "movrec/solve/sparsefc/sparsefc.hpp"

#include "solve/common/lbfgs.hpp"
#include "solve/sparsefc/sparsefc_objective.hpp"

namespace movrec {

struct SparseFc::Impl {
  Impl(const Ratings& train,
       const Biases& start,
       const std::vector<std::int64_t>& hidden,
       const SparseFcOptions& options,
       std::uint64_t seed)
      : n_ratings(train.size()),
        objective(train, start, hidden, options),
        lbfgs(objective.start(seed), [this](std::span<const float> x, std::span<float> gradient) {
          return objective(x, gradient);
        }) {}

  std::size_t n_ratings;
  SparseFcObjective objective;
  Lbfgs lbfgs;
};

SparseFc::SparseFc(const Ratings& train,
                   const Biases& start,
                   const std::vector<std::int64_t>& hidden,
                   const SparseFcOptions& options,
                   std::uint64_t seed)
    : impl_(std::make_unique<Impl>(train, start, hidden, options, seed)) {}
SparseFc::~SparseFc() = default;
SparseFc::SparseFc(SparseFc&&) noexcept = default;

void SparseFc::step() {
  impl_->lbfgs.step();
}

std::int64_t SparseFc::steps() const {
  return impl_->lbfgs.steps();
}

std::int64_t SparseFc::evaluations() const {
  return impl_->lbfgs.evaluations();
}

double SparseFc::loss() const {
  return impl_->n_ratings > 0 ? impl_->objective.squares() / static_cast<double>(impl_->n_ratings) : 0;
}

ItemCodes SparseFc::codes() const {
  return impl_->objective.codes(impl_->lbfgs.x());
}

std::int64_t SparseFc::n_parameters() const {
  return impl_->objective.n_parameters();
}

StateDict SparseFc::state() const {
  StateDict state;
  impl_->lbfgs.save(state);
  return state;
}

void SparseFc::load(const StateDict& state) {
  impl_->lbfgs.load(state);
}

}  // namespace movrec
