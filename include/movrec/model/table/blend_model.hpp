#pragma once

#include <memory>
#include <vector>

#include "movrec/model/table/algorithm.hpp"

namespace movrec {

/// stars = intercept + Σ weights[m] · what member m predicts, clipped into the star scale. The members' specs
/// are those of ModelSpec::members, in order. Answers histories and demographics if every member does.
std::unique_ptr<Model> make_blend_model(const ModelSpec&,
                                        std::vector<std::unique_ptr<Model>> members,
                                        std::span<const double> weights,
                                        double intercept);
std::unique_ptr<Model> load_blend_model(const ModelSpec&, const StateDict&);

}  // namespace movrec
