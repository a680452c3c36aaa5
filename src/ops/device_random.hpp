#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>

#include "movrec/core/state_dict.hpp"

namespace movrec {

/// A GPU's default generator, the only one that a recorded step may draw from. It has a state, so whoever
/// trains on a GPU seeds it here and saves it with the optimizer. On the CPU nothing: there random numbers
/// are functions of seed and step.
class DeviceRandom {
 public:
  DeviceRandom(const at::Device&, std::uint64_t seed);
  /// Of any generator; none: nothing.
  DeviceRandom(std::optional<at::Generator>, std::uint64_t seed);

  void save(StateDict&) const;
  /// Goes on where save() was; as seeded if training began on the CPU. Error{model}.
  void load(const StateDict&);

 private:
  std::optional<at::Generator> generator_;
};

}  // namespace movrec
