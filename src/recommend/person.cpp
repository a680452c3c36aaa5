#include "movrec/recommend/person.hpp"

#include <algorithm>

#include "movrec/eval/held_out.hpp"

namespace movrec {

void Person::rate(ItemIdx item, float stars) {
  std::erase(left_out_, item);
  const auto at = std::ranges::lower_bound(items_, item);
  const auto position = at - items_.begin();
  if (at != items_.end() && *at == item) {
    stars_[static_cast<std::size_t>(position)] = stars;
  } else {
    items_.insert(at, item);
    stars_.insert(stars_.begin() + position, stars);
  }
}

void Person::forget(ItemIdx item) {
  std::erase(left_out_, item);
  const auto at = std::ranges::lower_bound(items_, item);
  if (at == items_.end() || *at != item) return;
  stars_.erase(stars_.begin() + (at - items_.begin()));
  items_.erase(at);
}

void Person::leave_out(ItemIdx item) {
  forget(item);
  left_out_.insert(std::ranges::lower_bound(left_out_, item), item);
}

UserQuery Person::query() const {
  UserQuery query{.user = user_, .history = {}, .demographics = demographics};
  if (has_history()) query.history = History{items_, stars_};
  return query;
}

void tell(Person& person, const Model& model, const Dataset& dataset, ItemIdx item, float stars) {
  const StarScale scale = dataset.stars;
  if (!dataset.has_stars() || model.supports().stars || 2 * stars >= scale.min + scale.max)
    person.rate(item, stars);
  else
    person.leave_out(item);
}

std::vector<Person> with_histories(std::span<const UserIdx> users,
                                   const Ratings& rows,
                                   const UserFeatures& features) {
  constexpr std::size_t kNobody = static_cast<std::size_t>(-1);
  std::vector<std::size_t> place(static_cast<std::size_t>(rows.n_users), kNobody);
  std::vector<Person> persons;
  for (const UserIdx user : users) {
    if (user != kNoUser && place[index(user)] == kNobody) place[index(user)] = persons.size();
    persons.emplace_back(user);
    persons.back().demographics = demographics_of(features, user);
  }
  for (std::size_t row = 0; row < rows.size(); ++row)
    if (const std::size_t at = place[index(rows.users[row])]; at != kNobody)
      persons[at].rate(rows.items[row], rows.stars[row]);
  for (std::size_t k = 0; k < users.size(); ++k)
    if (users[k] != kNoUser && place[index(users[k])] != k) persons[k] = persons[place[index(users[k])]];
  return persons;
}

}  // namespace movrec
