#include "checkpoint/file/id_arrays.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <optional>

#include "movrec/core/shown.hpp"

namespace movrec {
namespace {

std::optional<std::vector<std::int64_t>> numbers_of(const std::vector<std::string>& ids) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(ids.size());
  for (const std::string& id : ids) {
    const auto number = plain_number(id);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

template <class Number>
std::vector<std::string> spelt(std::span<const Number> numbers) {
  std::vector<std::string> texts;
  texts.reserve(numbers.size());
  for (const Number number : numbers) texts.push_back(std::to_string(number));
  return texts;
}

}  // namespace

void save_texts(StateDict& state, const std::string& name, const std::vector<std::string>& ids) {
  if (const auto numbers = numbers_of(ids)) {
    using Small = std::numeric_limits<std::int32_t>;
    if (std::ranges::all_of(*numbers, [](std::int64_t n) { return n >= Small::min() && n <= Small::max(); }))
      state.set(name, std::vector<std::int32_t>(numbers->begin(), numbers->end()));
    else
      state.set(name, *numbers);
    return;
  }
  std::string text;
  std::vector<std::int64_t> ends;
  ends.reserve(ids.size());
  for (const std::string& id : ids) {
    text += id;
    ends.push_back(std::ssize(text));
  }
  std::vector<std::int32_t> packed((text.size() + 3) / 4);
  if (!packed.empty()) std::memcpy(packed.data(), text.data(), text.size());
  state.set(name + ".text", packed);
  state.set(name + ".ends", ends);
}

std::vector<std::string> load_texts(const StateDict& state, const std::string& name, std::size_t n) {
  if (state.contains(name)) {
    if (state.get(name).type == StateArray::Type::i64) return spelt(state.values<std::int64_t>(name, n));
    return spelt(state.values<std::int32_t>(name, n));
  }
  if (!state.contains(name + ".ends")) state.get(name);  // the error that names it
  const auto ends = state.values<std::int64_t>(name + ".ends", n);
  const auto packed = state.get(name + ".text").as<std::int32_t>();
  const auto n_bytes = static_cast<std::int64_t>(packed.size_bytes());
  if (!std::ranges::is_sorted(ends) || (n > 0 && (ends.front() < 0 || ends.back() > n_bytes)))
    fail(ErrorKind::model, "its {} do not lie within their text", name);
  const std::string_view text(reinterpret_cast<const char*>(packed.data()), packed.size_bytes());
  std::vector<std::string> ids;
  ids.reserve(n);
  std::int64_t begin = 0;
  for (const std::int64_t end : ends) {
    ids.emplace_back(text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    if (!is_utf8(ids.back())) fail(ErrorKind::model, "its {} are not UTF-8", name);
    begin = end;
  }
  return ids;
}

std::size_t n_id_arrays(const StateDict& state, const std::string& name) {
  return state.contains(name) ? 1 : 2;
}

IdTable load_table(const StateDict& state, const std::string& name, std::int32_t n) {
  const auto size = static_cast<std::size_t>(n);
  const auto refuse = [&] { fail(ErrorKind::model, "its {} are not in ascending order", name); };
  if (state.contains(name)) {
    std::vector<std::int64_t> numbers;
    if (state.get(name).type == StateArray::Type::i64) {
      numbers = state.list<std::int64_t>(name, size);
    } else {
      const auto saved = state.values<std::int32_t>(name, size);
      numbers.assign(saved.begin(), saved.end());
    }
    if (std::ranges::adjacent_find(numbers, std::greater_equal()) != numbers.end()) refuse();
    return {std::move(numbers), {}, {}};
  }
  std::vector<std::string> ids = load_texts(state, name, size);
  IdTable table(ids);
  if (table.size() != ids.size()) refuse();
  for (std::size_t k = 0; k < ids.size(); ++k)
    if (table.spelling(k) != ids[k]) refuse();
  return table;
}

}  // namespace movrec
