#pragma once

#include <nlohmann/json.hpp>

#include "movrec/data/id_map.hpp"

namespace movrec {

/// An id as JSON: a number where all ids of its side are plain numbers, else as it is spelt.
template <class Json = nlohmann::json, class Id, class Idx>
Json id_json(const IdMap<Id, Idx>& ids, Idx idx) {
  if (ids.table().are_numbers()) return Json(ids.table().numbers()[index(idx)]);
  return Json(ids.id(idx).text);
}

}  // namespace movrec
