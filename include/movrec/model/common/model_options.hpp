#pragma once

#include <concepts>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "movrec/core/error.hpp"
#include "movrec/core/field.hpp"

namespace movrec {

/// The options of one algorithm, whichever it is: a struct of its own, made of parts that others have too.
class ModelOptions {
 public:
  ModelOptions() = default;  ///< none
  template <class T>
  requires(!std::same_as<T, ModelOptions>) explicit ModelOptions(T values)
      : values_(std::make_unique<Holder<T>>(std::move(values))) {}
  ModelOptions(const ModelOptions& other) : values_(other.values_ ? other.values_->clone() : nullptr) {}
  ModelOptions(ModelOptions&&) noexcept = default;
  ModelOptions& operator=(ModelOptions other) noexcept {
    values_ = std::move(other.values_);
    return *this;
  }
  ~ModelOptions() = default;

  /// Those of `this`, as long as it is not assigned to.
  OptionRefs refs() { return values_ ? values_->refs() : OptionRefs(); }
  bool has(std::string_view name) const;
  /// The value as text; empty if there is no such option.
  std::string text(std::string_view name) const;
  /// false if there is no such option. Error{usage} for a bad value.
  bool set(std::string_view name, std::string_view text);

  nlohmann::json to_json() const;

  /// The struct, or that part of it; null if the algorithm has none such.
  template <class Part>
  const Part* find() const {
    return values_ ? static_cast<const Part*>(values_->find(typeid(Part))) : nullptr;
  }
  template <class Part>
  Part* find() {
    return const_cast<Part*>(std::as_const(*this).find<Part>());
  }
  template <class Part>
  const Part& get() const {
    if (const Part* part = find<Part>()) return *part;
    throw Error(ErrorKind::failure, "these options are of another algorithm");
  }
  template <class Part>
  Part& get() {
    return const_cast<Part&>(std::as_const(*this).get<Part>());
  }
  /// A T with those of its parts that there are, and the defaults of the others.
  template <class T>
  T as() const {
    T out;
    fill(out);
    return out;
  }

 private:
  struct Values {
    virtual ~Values() = default;
    virtual std::unique_ptr<Values> clone() const = 0;
    virtual OptionRefs refs() = 0;
    virtual const void* find(const std::type_info&) const = 0;
  };

  /// Visits a struct for the part of that type.
  struct Finder {
    const std::type_info& wanted;
    const void*& found;
    template <class Member>
    void operator()(const Field&, Member&) const {}
    void operator()(const Reworded&) const {}
    template <class Part>
    void operator()(Part& part) const {
      if (typeid(Part) == wanted)
        found = &part;
      else
        Part::fields(part, *this);
    }
  };

  template <class T>
  struct Holder final : Values {
    explicit Holder(T v) : values(std::move(v)) {}
    std::unique_ptr<Values> clone() const override { return std::make_unique<Holder>(values); }
    OptionRefs refs() override { return option_refs(values, option_group::kModel); }
    const void* find(const std::type_info& wanted) const override {
      const void* found = nullptr;
      Finder{wanted, found}(values);
      return found;
    }
    T values;
  };

  /// Visits a struct to set its parts.
  struct Filler {
    const ModelOptions& from;
    template <class Member>
    void operator()(const Field&, Member&) const {}
    void operator()(const Reworded&) const {}
    template <class Part>
    void operator()(Part& part) const {
      from.fill(part);
    }
  };

  template <class T>
  void fill(T& out) const {
    if (const T* own = find<T>())
      out = *own;
    else
      T::fields(out, Filler{*this});
  }

  std::unique_ptr<Values> values_;
};

/// What the table of algorithms calls for an algorithm's defaults: T made of `arguments`.
template <class T, auto... arguments>
ModelOptions options_of() {
  return ModelOptions(T(arguments...));
}

}  // namespace movrec
