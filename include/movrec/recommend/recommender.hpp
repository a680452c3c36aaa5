#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "movrec/core/field.hpp"
#include "movrec/data/dataset.hpp"
#include "movrec/data/same_titles.hpp"
#include "movrec/model/common/model.hpp"
#include "movrec/model/common/top_items.hpp"
#include "movrec/recommend/person.hpp"

namespace movrec {

struct RecommendOptions {
  int top = 10;
  bool include_seen = false;
  int min_ratings = -1;  ///< -1: default_min_ratings
  std::string genre{};
  int year_from = 0, year_to = 0;
  std::vector<std::string> where{};

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "top", .help = "how many items per user", .min = 1, .max = 1e6}, self.top);
    visit(Field{.name = "include-seen", .help = "also items that the user has rated"}, self.include_seen);
    visit(Field{.name = "min-ratings",
                .help =
                    "leave out items with fewer training ratings (-1: 20, or less on sparse data, where the "
                    "items that stay must hold 80 % of the ratings)",
                .min = -1,
                .max = 1e9},
          self.min_ratings);
    visit(Field{.name = "genre", .help = "only items of this genre"}, self.genre);
    visit(
        Field{
            .name = "year-from", .help = "only items released in this year or later", .min = 0, .max = 3000},
        self.year_from);
    visit(
        Field{
            .name = "year-to", .help = "only items released in this year or earlier", .min = 0, .max = 3000},
        self.year_to);
    visit(
        Field{.name = "where",
              .help =
                  "only items of which all this holds, with commas: genres=Comedy|Drama,year>=1990; fields "
                  "are id, title (contains), year, genres, and columns of ‹items›; operators = != < <= > >=",
              .value_name = "CONDITIONS"},
        self.where);
  }
};

using Recommendation = ScoredItem;

/// The largest number up to 20 so that the items with as many ratings hold 80 % of all ratings: few opinions
/// make no winner, and small data sets still have something to show.
int default_min_ratings(const Ratings& train);

/// The items that pass the filters, rated or not, ascending: never one that is called "unknown" (MovieLens
/// 100K has it), for nobody can watch that. Error{usage} for genres, fields and categories that the catalog does
/// not know, and for years that contradict each other.
std::vector<ItemIdx> find_candidates(const Dataset&,
                                     const Ratings& train,
                                     const RecommendOptions&,
                                     int min_ratings);
/// options.min_ratings, or what stands for -1.
int min_ratings_of(const RecommendOptions&, const Ratings& train);

/// Of each title, its first item in the list alone.
void drop_repeated_titles(std::vector<Recommendation>& list, const SameTitles&);

/// The best items of users, by unclipped score. Ties go to the smaller item index; the same lists for any
/// block size and thread count. No list holds two items of one title, nor, but for --include-seen, one of a title
/// that the user has rated under another id.
class Recommender {
 public:
  /// `train` gives the support of --min-ratings; seen is what a user has rated anywhere in the data set.
  /// Error{usage} as find_candidates.
  Recommender(const Model&, const Dataset&, const Ratings& train, RecommendOptions);

  /// One list per user, at most `top` long, best first. kNoUser is allowed: it has seen nothing.
  std::vector<std::vector<Recommendation>> top(std::span<const UserIdx> users) const;
  /// Leaves out what each has rated here, too.
  std::vector<std::vector<Recommendation>> top(std::span<const Person> persons) const;
  int min_ratings() const { return min_ratings_; }
  /// The items that pass the filters, seen or not.
  std::span<const ItemIdx> candidates() const { return candidates_; }

 private:
  std::vector<std::vector<Recommendation>> top(std::span<const UserQuery> queries,
                                               std::span<const Person> persons) const;
  std::vector<ItemIdx> seen_by(const Person&) const;

  const Model& model_;
  RecommendOptions options_;
  int min_ratings_;
  SeenItems seen_;
  std::vector<ItemIdx> candidates_;  ///< ascending
  SameTitles same_titles_;
  std::size_t n_repeated_ = 0;  ///< candidates beyond the first of their title
};

}  // namespace movrec
