#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace movrec {

/// Records what a function launches on a GPU and repeats it as one launch: a step is a hundred small kernels,
/// and starting each from the host takes longer than most of them run (CUDA graphs). The function must launch
/// the same kernels with the same shapes and addresses each time and ask the device for nothing. Elsewhere
/// than on a GPU, and where it is not wanted, it is just called.
///
/// The thread works in a stream of its own as long as this lives, as recording wants it.
class StepGraph {
 public:
  StepGraph(const at::Device&, bool wanted);
  ~StepGraph();
  StepGraph(const StepGraph&) = delete;
  StepGraph& operator=(const StepGraph&) = delete;

  /// Always the same `step`. Error{failure} if LibTorch or CUDA cannot record it; what else the step throws comes
  /// through. Either way the stream can be used again.
  void run(const std::function<void()>& step);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;  ///< null: steps are just called
};

}  // namespace movrec
