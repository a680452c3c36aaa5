#pragma once

#include <cstdint>

namespace movrec {

/// Calls task(0) … task(n - 1), each once, on all of OpenMP's threads. A free thread takes the next task, so
/// a thread whose core is busy elsewhere does less and holds nobody up. Which task runs where must not matter
/// to the result: tasks write to places of their own, in sums of a fixed order. Inside a task BLAS has one
/// thread.
template <class Task>
void for_each_task(std::int64_t n, const Task& task) {
#pragma omp parallel for schedule(dynamic, 1)
  for (std::int64_t i = 0; i < n; ++i) task(i);
}

}  // namespace movrec
