#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "movrec/app/run_settings.hpp"
#include "movrec/checkpoint/checkpoint.hpp"
#include "movrec/recommend/person.hpp"

namespace movrec {

/// Which checkpoint answers, and where its data lies on this machine.
struct OpenOptions {
  std::string checkpoint;
  std::string data;
  CacheOptions cache;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "checkpoint",
                .help = "a checkpoint or a run's folder (default: best.pt of the newest run)",
                .value_name = "PATH"},
          self.checkpoint);
    visit(Field{.name = "data",
                .help =
                    "compare with the ratings there: those that the model was trained on, or a later version",
                .value_name = "PATH"},
          self.data);
    CacheOptions::fields(self.cache, visit);
  }
};

/// A run that answers: its checkpoint with all that this is about.
struct OpenedRun {
  std::filesystem::path path;
  Checkpoint checkpoint;
  Dataset dataset;
  Split split;
  Ratings train;  ///< the rows that the model was fitted on
  std::unique_ptr<Model> model;
  /// Users whom training did not see, and the rows of the data set that the split shows of them (in the first
  /// query about them).
  std::map<UserIdx, std::vector<RowIdx>> shown;
  /// Users with ratings that an update added, with these and those in `train` or shown. Some are new.
  std::map<UserId, Person> updated;

  const std::string& algorithm() const { return checkpoint.spec.algorithm; }
  /// What the data set says of users besides ratings, if the model looks at it; else nothing.
  const UserFeatures& user_facts() const;
  /// All that may be asked about: those of the data set and the new ones.
  UserMap known_users() const;
  /// As the model answers for him: one of known_users(). Who was held out of training is known by what the
  /// split shows and the data set says of him, if the model looks at histories.
  Person person(const UserId&) const;
};

/// Error{model} if data or split are not those of the checkpoint: nobody evaluates on other rows by accident.
OpenedRun open_run(const OpenOptions&, const RunSettings&);

/// Added ratings are no part of a split: what is measured is the model as it was trained, and a warning says
/// so.
void warn_of_added_ratings(const std::filesystem::path&, const Checkpoint&);

}  // namespace movrec
