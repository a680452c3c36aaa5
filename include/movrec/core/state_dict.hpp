#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <ranges>
#include <span>
#include <string>
#include <vector>

#include "movrec/core/error.hpp"

namespace movrec {

/// A named array of a model or an optimizer, row-major, as checkpoints hold it.
struct StateArray {
  enum class Type { f32, f64, i32, i64 };
  Type type = Type::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  template <class T>
  static StateArray of(std::span<const T> values, std::vector<std::int64_t> shape);
  /// The values; Error{model} if the type is another one.
  template <class T>
  std::span<const T> as() const;
};

/// Name to array: all that a model needs to answer, or an optimizer to go on. Torch-free, so that every
/// model, also the closed-form ones, is saved and loaded alike.
class StateDict {
 public:
  void set(std::string name, StateArray array) { arrays_[std::move(name)] = std::move(array); }
  /// A list: [n].
  template <std::ranges::contiguous_range List>
  void set(std::string name, const List& values);
  /// A matrix: [n_rows, n / n_rows].
  template <std::ranges::contiguous_range List>
  void set(std::string name, const List& values, std::integral auto n_rows);
  /// A number: [1].
  template <class T>
  requires std::floating_point<T> || std::integral<T>
  void set(std::string name, T number);

  bool contains(const std::string& name) const { return arrays_.contains(name); }
  /// Error{model} that names the missing array.
  const StateArray& get(const std::string& name) const;
  /// The array's values, with its number of elements checked. Error{model}.
  template <class T>
  std::span<const T> values(const std::string& name, std::size_t n_elements) const;
  /// The same, copied.
  template <class T>
  std::vector<T> list(const std::string& name, std::size_t n_elements) const;
  template <class T>
  std::vector<T> list(const std::string& name) const;  ///< of any length
  template <class T>
  T number(const std::string& name) const;
  /// Fills `values`, whose length is the one expected.
  template <std::ranges::contiguous_range List>
  void copy(const std::string& name, List& values) const;
  const std::map<std::string, StateArray>& arrays() const { return arrays_; }

 private:
  std::map<std::string, StateArray> arrays_;
};

template <class T>
constexpr StateArray::Type state_type();
template <>
constexpr StateArray::Type state_type<float>() {
  return StateArray::Type::f32;
}
template <>
constexpr StateArray::Type state_type<double>() {
  return StateArray::Type::f64;
}
template <>
constexpr StateArray::Type state_type<std::int32_t>() {
  return StateArray::Type::i32;
}
template <>
constexpr StateArray::Type state_type<std::int64_t>() {
  return StateArray::Type::i64;
}

template <class T>
StateArray StateArray::of(std::span<const T> values, std::vector<std::int64_t> shape) {
  const auto bytes = std::as_bytes(values);
  return {state_type<T>(), std::move(shape), {bytes.begin(), bytes.end()}};
}

template <class T>
std::span<const T> StateArray::as() const {
  if (type != state_type<T>()) fail(ErrorKind::model, "an array of the checkpoint has the wrong type");
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

template <class T>
std::span<const T> StateDict::values(const std::string& name, std::size_t n_elements) const {
  const auto found = in_context(name, [&] { return get(name).template as<T>(); });
  if (found.size() != n_elements)
    fail(ErrorKind::model, "array '{}' of the checkpoint has {} elements, expected {}", name, found.size(),
         n_elements);
  return found;
}

template <std::ranges::contiguous_range List>
void StateDict::set(std::string name, const List& values) {
  set(std::move(name),
      StateArray::of(std::span<const std::ranges::range_value_t<List>>(values), {std::ssize(values)}));
}
template <std::ranges::contiguous_range List>
void StateDict::set(std::string name, const List& values, std::integral auto n_rows) {
  const auto rows = static_cast<std::int64_t>(n_rows);
  set(std::move(name), StateArray::of(std::span<const std::ranges::range_value_t<List>>(values),
                                      {rows, rows > 0 ? std::ssize(values) / rows : 0}));
}
template <class T>
requires std::floating_point<T> || std::integral<T>
void StateDict::set(std::string name, T number) {
  set(std::move(name), StateArray::of(std::span(&std::as_const(number), 1), {1}));
}

template <class T>
std::vector<T> StateDict::list(const std::string& name, std::size_t n_elements) const {
  const auto found = values<T>(name, n_elements);
  return {found.begin(), found.end()};
}
template <class T>
std::vector<T> StateDict::list(const std::string& name) const {
  const auto found = in_context(name, [&] { return get(name).template as<T>(); });
  return {found.begin(), found.end()};
}
template <class T>
T StateDict::number(const std::string& name) const {
  return values<T>(name, 1)[0];
}
template <std::ranges::contiguous_range List>
void StateDict::copy(const std::string& name, List& into) const {
  std::ranges::copy(values<std::ranges::range_value_t<List>>(name, std::ranges::size(into)),
                    std::ranges::begin(into));
}

inline const StateArray& StateDict::get(const std::string& name) const {
  const auto found = arrays_.find(name);
  if (found == arrays_.end()) fail(ErrorKind::model, "the checkpoint has no array '{}'", name);
  return found->second;
}

}  // namespace movrec
