#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "movrec/core/ids.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/data/catalog.hpp"

namespace movrec {

/// What columns say of users in numbers: an input for each of a column's most frequent categories, n^-1/2 of the n
/// that a user has, and for each bin of a column of numbers. What is not known is 0.
class UserColumns {
 public:
  explicit UserColumns(std::span<const SideColumn>);
  /// As save() left it: nothing where there are no columns. Error{model}.
  explicit UserColumns(const StateDict&);
  void save(StateDict&) const;

  std::size_t size() const { return n_inputs_; }
  /// Adds the user's inputs; kNoUser is nobody of whom something is known.
  void append(UserIdx, std::vector<float>& inputs) const;

 private:
  std::size_t n_inputs_ = 0;
  std::vector<std::int32_t> begin_{0};  ///< of user u: begin_[u] … begin_[u + 1] of
  std::vector<std::int32_t> inputs_;
  std::vector<float> values_;
};

}  // namespace movrec
