#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "movrec/core/state_dict.hpp"

namespace movrec {

/// A tensor on any device as a StateArray, and back into a tensor of the same shape. Error{model} on a
/// mismatch.
StateArray to_state(const at::Tensor&);
void copy_from_state(at::Tensor& to, const StateDict&, const std::string& name);

/// A float tensor's values on the host, row-major.
std::vector<float> host_values(const at::Tensor&);

}  // namespace movrec
