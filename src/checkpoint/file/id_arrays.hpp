#pragma once

#include <string>
#include <vector>

#include "movrec/core/state_dict.hpp"
#include "movrec/data/id_map.hpp"

namespace movrec {

/// Ids as arrays of a checkpoint: `name`, 32 or 64 bits each, where all are plain numbers; else `name`.text, their
/// bytes end to end, four to a number, and `name`.ends.
void save_texts(StateDict&, const std::string& name, const std::vector<std::string>& ids);
std::vector<std::string> load_texts(const StateDict&, const std::string& name, std::size_t n);
/// How many arrays they are.
std::size_t n_id_arrays(const StateDict&, const std::string& name);
/// Of `n` ids in the order of a table. Error{model} if they are not.
IdTable load_table(const StateDict&, const std::string& name, std::int32_t n);

template <class Id>
void save_ids(StateDict& state, const std::string& name, const std::vector<Id>& ids) {
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const Id& id : ids) texts.push_back(id.text);
  save_texts(state, name, texts);
}
template <class Id>
std::vector<Id> load_ids(const StateDict& state, const std::string& name, std::size_t n) {
  std::vector<Id> ids;
  ids.reserve(n);
  for (std::string& text : load_texts(state, name, n)) ids.emplace_back(std::move(text));
  return ids;
}

}  // namespace movrec
