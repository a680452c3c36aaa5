#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "movrec/core/state_dict.hpp"

namespace movrec {

/// Whole numbers as an array of a checkpoint: above the lowest of them, in 1, 2, 4 or 8 bytes each, four bytes to an
/// element of `name`; `name`.from holds the lowest and the number of bytes.
template <class ValueOf>
void save_narrow(StateDict& state, const std::string& name, std::size_t n, ValueOf&& value_of) {
  std::int64_t lowest = 0, highest = 0;
  for (std::size_t row = 0; row < n; ++row) {
    const std::int64_t value = value_of(row);
    lowest = row == 0 ? value : std::min(lowest, value);
    highest = row == 0 ? value : std::max(highest, value);
  }
  const std::uint64_t range = static_cast<std::uint64_t>(highest) - static_cast<std::uint64_t>(lowest);
  const std::size_t width = range < 256 ? 1 : range < 65'536 ? 2 : range >> 32U == 0 ? 4 : 8;
  std::vector<std::int32_t> packed((n * width + 3) / 4);
  auto* bytes = reinterpret_cast<char*>(packed.data());
  for (std::size_t row = 0; row < n; ++row) {
    const std::uint64_t value =
        static_cast<std::uint64_t>(value_of(row)) - static_cast<std::uint64_t>(lowest);
    std::memcpy(bytes + row * width, &value, width);  // little-endian, as all of the file
  }
  state.set(name, packed);
  state.set(name + ".from", std::vector<std::int64_t>{lowest, static_cast<std::int64_t>(width)});
}

/// convert(value) of each of `n`. Error{model} if there are not so many, or one is not from `least` to `most`.
template <class Convert>
auto load_narrow(const StateDict& state,
                 const std::string& name,
                 std::size_t n,
                 std::int64_t least,
                 std::int64_t most,
                 Convert&& convert) {
  const auto from = state.values<std::int64_t>(name + ".from", 2);
  const auto width = static_cast<std::size_t>(from[1]);
  const auto packed = state.get(name).as<std::int32_t>();
  const bool is_width = width == 1 || width == 2 || width == 4 || width == 8;
  if (!is_width || n > packed.size_bytes() / width || packed.size() != (n * width + 3) / 4)
    fail(ErrorKind::model, "its {} are not {} numbers", name, n);
  const auto* bytes = reinterpret_cast<const char*>(packed.data());
  std::vector<decltype(convert(std::int64_t{}))> column;
  column.reserve(n);
  for (std::size_t row = 0; row < n; ++row) {
    std::uint64_t above = 0;
    std::memcpy(&above, bytes + row * width, width);
    const auto value = static_cast<std::int64_t>(static_cast<std::uint64_t>(from[0]) + above);
    if (value < least || value > most) fail(ErrorKind::model, "its {} hold {}", name, value);
    column.push_back(convert(value));
  }
  return column;
}

}  // namespace movrec
