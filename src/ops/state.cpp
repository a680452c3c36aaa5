#include "movrec/ops/state.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/ranges.h>

namespace movrec {
namespace {

StateArray::Type type_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return StateArray::Type::f32;
    case at::kDouble:
      return StateArray::Type::f64;
    case at::kInt:
      return StateArray::Type::i32;
    case at::kLong:
      return StateArray::Type::i64;
    default:
      fail(ErrorKind::failure, "cannot save a tensor of type {}", toString(tensor.scalar_type()));
  }
}

}  // namespace

StateArray to_state(const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().cpu().contiguous();
  const auto* bytes = static_cast<const std::byte*>(host.data_ptr());
  return {type_of(host), host.sizes().vec(), {bytes, bytes + host.nbytes()}};
}

void copy_from_state(at::Tensor& to, const StateDict& state, const std::string& name) {
  const StateArray& array = state.get(name);
  if (array.type != type_of(to) || at::IntArrayRef(array.shape) != to.sizes() ||
      array.bytes.size() != to.nbytes())
    fail(ErrorKind::model, "array '{}' of the checkpoint has shape [{}], expected [{}]", name,
         fmt::join(array.shape, ", "), fmt::join(to.sizes(), ", "));
  at::NoGradGuard no_grad;
  to.copy_(
      at::from_blob(const_cast<std::byte*>(array.bytes.data()), to.sizes(), to.options().device(at::kCPU)));
}

std::vector<float> host_values(const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().cpu().contiguous();
  const auto* values = host.data_ptr<float>();
  return {values, values + host.numel()};
}

}  // namespace movrec
