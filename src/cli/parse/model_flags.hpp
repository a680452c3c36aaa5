#pragma once

#include <vector>

#include "movrec/model/table/algorithm.hpp"

namespace movrec::cli {

/// The options of all models together: what a command line may say before it is known of which model. They are
/// kept in the defaults of the first model that has each; what somebody sets there is set in the options of the
/// chosen model later.
class ModelFlags {
 public:
  ModelFlags();
  ModelFlags(const ModelFlags&) = delete;

  const OptionRefs& refs() const { return refs_; }

 private:
  std::vector<ModelOptions> defaults_;
  OptionRefs refs_;
};

}  // namespace movrec::cli
