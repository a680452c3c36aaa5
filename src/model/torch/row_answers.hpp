#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/common/panel_scores.hpp"
#include "model/common/row_builder.hpp"
#include "movrec/core/state_dict.hpp"
#include "movrec/model/common/fit_context.hpp"
#include "movrec/net/row_net.hpp"
#include "movrec/ops/state.hpp"

namespace movrec {

/// A RowNet with what makes its rows.
class RowAnswers {
 public:
  RowAnswers(const ModelSpec&, std::int32_t n_columns, RowBuilder, const std::string& device);

  RowNet& net() { return *net_; }
  const RowNet& net() const { return *net_; }
  std::shared_ptr<RowNet> shared_net() { return net_; }
  const RowBuilder& builder() const { return builder_; }

  /// Of each row what the last layer multiplies, [rows.size(), dim()]; the same numbers whatever stands
  /// beside a row.
  std::vector<float> hidden(std::span<const RowContent> rows) const;
  std::size_t dim() const { return static_cast<std::size_t>(net_->hidden_dim()); }

  void save(StateDict&) const;
  void load(const StateDict&);

 private:
  std::shared_ptr<RowNet> net_;
  RowBuilder builder_;
};

}  // namespace movrec
