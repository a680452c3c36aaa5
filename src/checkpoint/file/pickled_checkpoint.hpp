#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "movrec/core/state_dict.hpp"

namespace movrec {

/// What a pickle says of an array: all but its values, which are a record of their own.
struct PickledArray {
  std::string_view name;
  StateArray::Type type = StateArray::Type::f32;
  std::vector<std::int64_t> shape;
  std::uint64_t n_bytes = 0;
  std::string_view record;  ///< "0" of data/0
};

/// A checkpoint's pickle. Views into its text.
struct PickledCheckpoint {
  std::int64_t format = 0;
  std::string_view meta, digest;
  std::vector<PickledArray> ids, model, trainer, added;
};

inline constexpr std::int64_t kNewestFormat = 3;
inline constexpr std::int64_t kFormatOfAdded = 2;  ///< since when there are added ratings
inline constexpr std::int64_t kFormatOfStrict =
    3;  ///< since when unknown keys are errors, and shapes digested

/// Reads the pickles that movrec writes and no others, without a stack, by the one grammar they have:
///
///     root    = dict of "movrec_format": int, "meta": str, "ids": arrays, …, "digest": str
///     arrays  = dict of name: torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())
///     storage = ("storage", torch.FloatStorage or its like, record, "cpu", number of elements)
///
/// Formats 1 and 2 were written by LibTorch, which tags dicts with their types and fetches from the memo what it
/// wrote before. Nothing is looked up or called, whatever the names. Error{model}.
PickledCheckpoint read_pickle(std::string_view pickle);

using NamedStates = std::vector<std::pair<std::string_view, const StateDict*>>;

/// The pickle of the newest format, which `torch.load(…, weights_only=True)` reads as well. The records of
/// arrays are numbered from 0 in the order of `states` and of their names.
std::string write_pickle(std::string_view meta, const NamedStates& states, std::string_view digest);

/// Bytes per element.
std::size_t size_of(StateArray::Type);

}  // namespace movrec
