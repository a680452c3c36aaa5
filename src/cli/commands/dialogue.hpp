#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "movrec/app/audience.hpp"
#include "movrec/app/title_lookup.hpp"
#include "movrec/recommend/recommender.hpp"
#include "movrec/report/list_writer.hpp"

namespace movrec::cli {

/// Recommends to a person who says line by line what he likes. Lists go to `out`, questions to `err`; the end
/// of `in` ends it at any question.
class Dialogue {
 public:
  Dialogue(const OpenedRun&, const RecommendOptions&, std::istream& in, std::ostream& out, std::ostream& err);
  void run();

 private:
  /// The next line without blanks around it; nothing at the end of the input.
  std::optional<std::string> ask(std::string_view question);
  void ask_demographics();
  void offer_starters();

  /// False if the person leaves.
  bool obey(const std::string& line);
  void rate(const std::string& text);
  /// The item that is meant, after a question back where it may be several.
  std::optional<ItemIdx> choose(const std::string& text);
  std::optional<float> ask_stars(ItemIdx);
  void undo();
  void save(const std::string& file);
  void explain_line(const std::string& number);

  /// Makes the person anew of all that was said, and the list with him.
  void update();
  void show_list();

  const OpenedRun& run_;
  std::istream& in_;
  std::ostream& out_;
  std::ostream& err_;
  Recommender recommender_;
  TitleSearch search_;
  std::optional<Demographics> demographics_;
  std::vector<std::pair<ItemIdx, float>> given_;  ///< in the order of their saying
  std::vector<ItemIdx> shown_;                    ///< what numbers mean
  Person person_;
  std::vector<Line> lines_;
};

}  // namespace movrec::cli
