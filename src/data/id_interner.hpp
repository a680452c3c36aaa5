#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/id_map.hpp"

namespace movrec {

/// Numbers ids in the order in which they come. Memory goes by how many there are, not by what they are.
class IdInterner {
 public:
  /// The place of a plain number.
  std::int32_t place_of(std::int64_t number) {
    if (number == last_number_ && !numbers_.empty()) return last_place_;
    last_number_ = number;
    return last_place_ = find_number(number);
  }
  /// The place of any id. Error{data} for more ids than places.
  std::int32_t place_of(std::string_view id);

  std::size_t size() const { return n_; }
  bool are_numbers() const { return entries_.empty(); }
  /// A text like "17.0" of a number 17 that is there, too; "" if there is none.
  std::string_view spelt_twice() const;

  /// The table of the ids, and where in it each place has come to lie.
  struct Sorted {
    IdTable ids;
    std::vector<std::int32_t> rank;
  };
  Sorted sorted() const;

 private:
  struct Number {
    std::int64_t id;
    std::int32_t place;
  };
  struct Text {
    std::size_t begin, size;
    std::uint32_t hash;
    std::int32_t place;
  };
  std::int32_t find_number(std::int64_t number);
  std::int32_t new_place();
  std::string_view text(const Text& entry) const {
    return std::string_view(texts_).substr(entry.begin, entry.size);
  }

  std::size_t n_ = 0;
  std::int64_t last_number_ = 0;
  std::int32_t last_place_ = -1;
  std::vector<Number> numbers_;
  std::vector<Text> entries_;
  std::string texts_;
  // Open addressing with linear probing: 1 + the position in numbers_ or entries_, 0 where free; at most half full.
  std::vector<std::uint32_t> number_slots_, text_slots_;
};

}  // namespace movrec
