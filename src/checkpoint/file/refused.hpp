#pragma once

#include "movrec/core/error.hpp"

namespace movrec {

/// Why a file is no usable checkpoint where nothing better can be said.
inline constexpr const char* kDamaged = "it is cut short, damaged, or was not written by movrec";

[[noreturn]] inline void refuse_damaged() {
  throw Error(ErrorKind::model, kDamaged);
}

}  // namespace movrec
