#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "movrec/app/described_person.hpp"
#include "movrec/recommend/lines.hpp"
#include "movrec/recommend/recommender.hpp"

namespace movrec {

/// Which known users are asked for.
struct AudienceOptions {
  std::vector<std::string> user;
  std::string users;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "user",
                .help = "whom to recommend to, by id; several with commas",
                .value_name = "ID",
                .separator = '\n'},
          self.user);
    visit(Field{.name = "users",
                .help = "all, a list of ids (1,2,5), or a file with one id a line",
                .value_name = "LIST"},
          self.users);
  }
};

/// Whom to recommend to: users by id, or somebody new.
struct Audience {
  std::vector<std::optional<UserId>> ids;
  std::vector<Person> persons;
};

/// Known users, or somebody new, with what is said about him. Error{usage} where nobody is meant, or nobody in
/// particular; Error{data} for a file that cannot be read.
Audience find_audience(const AudienceOptions&, const PersonOptions& about, const OpenedRun&);

/// The same persons with the ratings that recommendations to them can be explained by.
std::vector<Person> explained(std::span<const Person>, const OpenedRun&);

/// Of the bias that stands for a newcomer where the run's model predicts no stars of its own.
double user_damping_of(const OpenedRun&);

/// Logs which items may be listed, and warns where there are none.
void say_what_is_listed(const Recommender&, const OpenedRun&);

/// The lists of some of an audience.
using VisitLists =
    std::function<void(std::span<const std::optional<UserId>> ids, std::span<const std::vector<Line>> lists)>;
/// Visits the lists of all, block by block in their order. Interrupted between blocks after a stop.
void for_each_lists(
    const OpenedRun&, const Recommender&, const Audience&, bool explains, const VisitLists& visit);

}  // namespace movrec
