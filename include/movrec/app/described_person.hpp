#pragma once

#include <span>
#include <string>
#include <vector>

#include "movrec/app/opened_run.hpp"

namespace movrec {

/// What somebody says about himself on the command line.
struct PersonOptions {
  std::vector<std::string> like, dislike, rate;
  std::string history;
  int age = 0;
  std::string gender, occupation;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "like",
                .help = "an item that you like, by title or id: counts as the most stars (repeatable)",
                .value_name = "TITLE",
                .separator = '\n'},
          self.like);
    visit(Field{.name = "dislike",
                .help = "an item that you do not like: counts as the fewest stars (repeatable)",
                .value_name = "TITLE",
                .separator = '\n'},
          self.dislike);
    visit(Field{.name = "rate",
                .help = "an item with your stars for it (repeatable)",
                .value_name = "TITLE=STARS",
                .separator = '\n'},
          self.rate);
    visit(Field{.name = "history",
                .help = "your ratings: a file with lines item,stars, where an item is an id or a title",
                .value_name = "FILE"},
          self.history);
    visit(Field{.name = "age", .help = "your age in years (0: not said)", .min = 0, .max = 150}, self.age);
    visit(Field{.name = "gender",
                .help = "F or 0, M or 1",
                .choices = {"", "F", "M", "f", "m", "female", "male", "0", "1"}},
          self.gender);
    visit(Field{.name = "occupation",
                .help = "your occupation, by the data set's name or code",
                .value_name = "NAME"},
          self.occupation);
  }

  bool has_ratings() const { return !like.empty() || !dislike.empty() || !rate.empty() || !history.empty(); }
  bool has_demographics() const { return age > 0 || !gender.empty() || !occupation.empty(); }
};

/// Error{usage}, with the models that can, where the model does not look at histories (demographics).
/// `what` begins the error: "‹like›".
void require_histories(const OpenedRun&, std::string_view what);
void require_demographics(const OpenedRun&, std::string_view what);

/// What the person says of an item, as the run's model can use it (recommend/person.hpp).
void give(Person&, const OpenedRun&, ItemIdx, float stars);

/// An age as the data set knows ages: it may have bands, named after their first year.
std::int16_t known_age(const OpenedRun&, int age);
/// 'F' or 'M'. Error{usage}.
char gender_of(const std::string& text);
/// A name, in any case, or part of one, or a code. Error{usage} with all names.
std::int16_t find_occupation(const OpenedRun&, const std::string& text);

/// `base` with all that the options say. Error{usage}, Error{data} for the history file.
Person describe_person(const PersonOptions&, Person base, const OpenedRun&);

}  // namespace movrec
