#pragma once

#include <memory>
#include <mutex>
#include <optional>

namespace movrec {

/// A value that is made when somebody first asks for it: once, by one of the threads that ask at the same
/// time.
template <class T>
class Lazy {
 public:
  template <class Make>
  const T& get(const Make& make) const {
    std::call_once(state_->once, [&] { state_->value.emplace(make()); });
    return *state_->value;
  }

  /// What it is made of has changed. Nobody may be asking.
  void reset() { state_ = std::make_unique<State>(); }

 private:
  struct State {
    std::once_flag once;
    std::optional<T> value;
  };
  std::unique_ptr<State> state_ = std::make_unique<State>();
};

}  // namespace movrec
