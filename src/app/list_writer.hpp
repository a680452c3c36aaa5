#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/fitted.hpp"
#include "movrec/model/common/top_items.hpp"
#include "movrec/recommend/explain.hpp"
#include "movrec/recommend/person.hpp"

namespace movrec::cli {

enum class Format { table, csv, jsonl, json };

/// By --format, by --json, else by the ending of the output file. Error{usage} where the two contradict each
/// other.
Format choose_format(const std::string& format, const std::string& output, bool json);

/// A recommendation as people and files see it.
struct Line {
  int rank = 0;
  ItemIdx item{};
  float score = 0;                   ///< what was ranked by: stars, not clipped, or the model's own measure
  float stars = 0;                   ///< clipped
  std::optional<float> deviation{};  ///< of the rating around `stars`, where the model knows it
  std::vector<Reason> reasons{};
};

/// How many ratings explain a recommendation.
inline constexpr std::size_t kReasons = 3;

/// Ranks, and clipped stars beside the scores. Reasons come from the history of `explained`, if there is one.
std::vector<Line> make_lines(const Fitted&,
                             const Person&,
                             std::span<const ScoredItem> list,
                             const Person* explained);

/// The lines as a table for people.
std::string lines_table(const Fitted&, std::span<const Line> lines, bool with_reasons);

/// The shortest digits that give the same float: 4.8, not 4.800000190734863.
double shortest(float x);

/// Writes the lists of users, one after the other, between open and close.
class ListWriter {
 public:
  ListWriter(Format format, const Fitted& fitted, bool with_reasons, std::ostream& out)
      : format_(format), fitted_(fitted), with_reasons_(with_reasons), out_(out) {}

  void open();
  /// The lists of some users; of somebody new without an id. They are put into words side by side, which
  /// takes longer than finding them.
  void write(std::span<const std::optional<UserId>> users, std::span<const std::vector<Line>> lists);
  void close();

 private:
  std::string text_of(std::optional<UserId>, std::span<const Line>, bool is_first) const;
  std::string csv_of(std::optional<UserId>, std::span<const Line>) const;

  Format format_;
  const Fitted& fitted_;
  bool with_reasons_;
  std::ostream& out_;
  std::size_t n_written_ = 0;
};

}  // namespace movrec::cli
