#include "movrec/data/id_map.hpp"

#include <algorithm>
#include <charconv>

namespace movrec {

std::optional<std::int64_t> plain_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  const std::string_view digits = text.substr(is_negative ? 1 : 0);
  if (digits.empty() || (digits[0] == '0' && (digits.size() > 1 || is_negative))) return {};
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

IdTable::IdTable(std::vector<std::string> ids) {
  std::vector<std::string> texts;
  for (std::string& id : ids) {
    if (const auto number = plain_number(id))
      numbers_.push_back(*number);
    else
      texts.push_back(std::move(id));
  }
  const auto each_once = [](auto& list) {
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  each_once(numbers_);
  each_once(texts);
  for (const std::string& one : texts) {
    texts_ += one;
    ends_.push_back(texts_.size());
  }
}

IdTable::IdTable(std::vector<std::int64_t> numbers, std::string texts, std::vector<std::size_t> ends)
    : numbers_(std::move(numbers)), texts_(std::move(texts)), ends_(std::move(ends)) {}

std::string_view IdTable::text(std::size_t k) const {
  const std::size_t begin = k == 0 ? 0 : ends_[k - 1];
  return std::string_view(texts_).substr(begin, ends_[k] - begin);
}

void IdTable::keep(const std::vector<bool>& kept) {
  const std::size_t n_numbers = numbers_.size();
  std::size_t n = 0;
  for (std::size_t k = 0; k < n_numbers; ++k)
    if (kept[k]) numbers_[n++] = numbers_[k];
  numbers_.resize(n);
  std::string texts;
  std::vector<std::size_t> ends;
  for (std::size_t k = 0; k < ends_.size(); ++k) {
    if (!kept[n_numbers + k]) continue;
    texts += text(k);
    ends.push_back(texts.size());
  }
  texts_ = std::move(texts);
  ends_ = std::move(ends);
}

std::string IdTable::spelling(std::size_t position) const {
  if (position < numbers_.size()) return std::to_string(numbers_[position]);
  return std::string(text(position - numbers_.size()));
}

std::optional<std::size_t> IdTable::find(std::string_view id) const {
  if (const auto number = plain_number(id)) {
    const auto found = std::ranges::lower_bound(numbers_, *number);
    if (found == numbers_.end() || *found != *number) return {};
    return static_cast<std::size_t>(found - numbers_.begin());
  }
  std::size_t low = 0, high = ends_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (text(middle) < id)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == ends_.size() || text(low) != id) return {};
  return numbers_.size() + low;
}

}  // namespace movrec
