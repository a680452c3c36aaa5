#include "movrec/core/run_context.hpp"

#include <utility>

namespace movrec {
namespace {

thread_local RunContext t_context;

}  // namespace

RunScope::RunScope(RunContext context) : before_(std::exchange(t_context, context)) {}

RunScope::~RunScope() {
  t_context = before_;
}

const RunContext& current_run() {
  return t_context;
}

}  // namespace movrec
