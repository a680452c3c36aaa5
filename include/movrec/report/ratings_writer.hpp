#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "movrec/data/dataset.hpp"

namespace movrec {

/// The forms that `write_ratings` knows: csv, dat (`::`), tsv, jsonl, recbole.
std::vector<std::string_view> ratings_form_names();

/// The form that a file's name ends in: ratings.csv, ratings.dat, u.data, ratings.jsonl, ml-1m.inter. Error{usage} if it
/// ends in none.
std::string_view ratings_form_of(const std::string& file);

/// Writes the ratings in their order: user, item, rating unless they are only seen, time in unix seconds if there is one.
/// What is written so reads as the same data set. Error{data} for an id that the form cannot hold; Error{usage} for an
/// unknown form.
void write_ratings(const Dataset&, std::string_view form, std::ostream&);

/// The first `n` ratings as they are understood, for people and as JSON.
std::string head_text(const Dataset&, std::size_t n);
std::string head_json(const Dataset&, std::size_t n);

}  // namespace movrec
