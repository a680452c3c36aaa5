#include "ops/device_random.hpp"

#include <ATen/ATen.h>

#include <mutex>

#include "movrec/ops/state.hpp"

namespace movrec {
namespace {

constexpr const char* kName = "device_random";

std::optional<at::Generator> generator_of(const at::Device& device) {
  if (device.is_cpu()) return {};
  return at::globalContext().defaultGenerator(device);
}

}  // namespace

DeviceRandom::DeviceRandom(const at::Device& device, std::uint64_t seed)
    : DeviceRandom(generator_of(device), seed) {}

DeviceRandom::DeviceRandom(std::optional<at::Generator> generator, std::uint64_t seed)
    : generator_(std::move(generator)) {
  if (!generator_) return;
  const std::lock_guard lock(generator_->mutex());
  generator_->set_current_seed(seed);
}

void DeviceRandom::save(StateDict& state) const {
  if (!generator_) return;
  at::Generator generator = *generator_;  // the same one
  const std::lock_guard lock(generator.mutex());
  state.set(kName, to_state(generator.get_state().to(at::kInt)));  // bytes, which StateDict has no type for
}

void DeviceRandom::load(const StateDict& state) {
  if (!generator_ || !state.contains(kName)) return;
  const std::lock_guard lock(generator_->mutex());
  at::Tensor bytes = generator_->get_state().to(at::kInt);
  copy_from_state(bytes, state, kName);
  generator_->set_state(bytes.to(at::kByte));
}

}  // namespace movrec
