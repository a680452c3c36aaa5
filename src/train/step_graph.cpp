#include "train/step_graph.hpp"

#include "movrec/core/error.hpp"

#ifdef MOVREC_HAS_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace movrec {

#ifdef MOVREC_HAS_CUDA

namespace {

/// Libraries make their workspaces in the first steps, which must not be recorded.
constexpr int kStepsBefore = 3;

}  // namespace

struct StepGraph::Impl {
  explicit Impl(const at::Device& device)
      : outer(c10::cuda::getCurrentCUDAStream(device.index())),
        own(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index())) {
    c10::cuda::device_synchronize();
    c10::cuda::setCurrentCUDAStream(own);
  }
  ~Impl() { c10::cuda::setCurrentCUDAStream(outer); }

  void record(const std::function<void()>& step) {
    try {
      c10::cuda::device_synchronize();
      graph.capture_begin();
      step();
      graph.capture_end();
    } catch (const c10::Error& error) {
      throw Error(ErrorKind::failure, "a training step could not be recorded as a CUDA graph",
                  error.what_without_backtrace(), "--cuda-graph off");
    }
    recorded = true;
  }

  c10::cuda::CUDAStream outer, own;
  at::cuda::CUDAGraph graph;
  int steps = 0;
  bool recorded = false;
};

StepGraph::StepGraph(const at::Device& device, bool wanted) {
  if (wanted && device.is_cuda()) impl_ = std::make_unique<Impl>(device);
}

StepGraph::~StepGraph() {
  if (impl_) c10::cuda::device_synchronize();
}

void StepGraph::run(const std::function<void()>& step) {
  if (!impl_ || impl_->steps++ < kStepsBefore) return step();
  if (!impl_->recorded) impl_->record(step);
  impl_->graph.replay();
}

#else

struct StepGraph::Impl {};

StepGraph::StepGraph(const at::Device&, bool) {}
StepGraph::~StepGraph() = default;

void StepGraph::run(const std::function<void()>& step) {
  step();
}

#endif

}  // namespace movrec
