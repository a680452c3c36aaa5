#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "movrec/recommend/lines.hpp"

namespace movrec {

enum class Format { table, csv, jsonl, json };

/// By --format, by --json, else by the ending of the output file. Error{usage} where the two contradict each
/// other.
Format choose_format(const std::string& format, const std::string& output, bool json);

/// What the ids in lists are called, and which columns a model's lists have beside stars.
struct ListTitles {
  const Catalog& catalog;
  const ItemMap& items;
  bool users_are_numbers = true;  ///< all of them: in JSON they stand as such
  bool shows_score = false;       ///< it ranks by something else than stars
  bool shows_deviation = false;   ///< it knows how sure it is
};
ListTitles titles_of(const Model&, const Dataset&);

/// The lines as a table for people.
std::string lines_table(const ListTitles&, std::span<const Line> lines, bool with_reasons);

/// The shortest digits that give the same float: 4.8, not 4.800000190734863.
double shortest(float x);

/// Writes the lists of users, one after the other, between open and close.
class ListWriter {
 public:
  ListWriter(Format format, const ListTitles& titles, bool with_reasons, std::ostream& out)
      : format_(format), titles_(titles), with_reasons_(with_reasons), out_(out) {}

  void open();
  /// The lists of some users; of somebody new without an id. They are put into words side by side, which
  /// takes longer than finding them.
  void write(std::span<const std::optional<UserId>> users, std::span<const std::vector<Line>> lists);
  void close();

 private:
  std::string text_of(const std::optional<UserId>&, std::span<const Line>, bool is_first) const;
  std::string csv_of(const std::optional<UserId>&, std::span<const Line>) const;

  Format format_;
  ListTitles titles_;
  bool with_reasons_;
  std::ostream& out_;
  std::size_t n_written_ = 0;
};

}  // namespace movrec
