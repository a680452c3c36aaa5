#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "movrec/checkpoint/checkpoint.hpp"

namespace movrec {

/// All of a checkpoint that is no array.
nlohmann::json to_meta(const Checkpoint&);
/// And back; `format` tells which keys must be known. Error{model}, also for an unknown model or one whose arrays
/// a newer movrec saved.
Checkpoint from_meta(const nlohmann::json&, std::int64_t format);

}  // namespace movrec
