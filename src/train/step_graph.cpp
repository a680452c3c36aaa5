#include "train/step_graph.hpp"

#include "movrec/core/error.hpp"

#ifdef MOVREC_HAS_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#endif

namespace movrec {

#ifdef MOVREC_HAS_CUDA

namespace {

/// Libraries make their workspaces in the first steps, which must not be recorded.
constexpr int kStepsBefore = 3;

/// A capture that ends whatever happens in it: a stream left in one refuses all further work, even the
/// synchronization of whoever cleans up.
class Capture {
 public:
  explicit Capture(at::cuda::CUDAGraph& graph) : graph_(graph) { graph_.capture_begin(); }
  ~Capture() {
    if (ended_) return;
    try {
      graph_.capture_end();
    } catch (...) {  // what broke the step off has broken the capture, too: its own error is the one to tell
    }
    cudaGetLastError();
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void end() {
    ended_ = true;
    graph_.capture_end();
  }

 private:
  at::cuda::CUDAGraph& graph_;
  bool ended_ = false;
};

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
      Capture capture(graph);
      step();
      capture.end();
    } catch (const c10::Error& error) {
      throw Error(ErrorKind::failure, "a training step could not be recorded as a CUDA graph",
                  error.what_without_backtrace(), "‹cuda-graph› off");
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
  // An error here has been told by the call that met it, and must not end the program while another is on its way.
  if (impl_) cudaDeviceSynchronize();
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
