#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace movrec {

/// Lower-case letters and digits alone, without RecBole's type: "userId", "user_id:token" and "User ID" are one name.
std::string plain_name(std::string_view name);

/// What a column of a ratings file may hold.
struct RatingColumn {
  enum Role : std::size_t { kUser, kItem, kStars, kTime, kRoles };
  static constexpr std::array<std::string_view, kRoles> kNames = {"user", "item", "rating", "time"};
  /// By the usual names in headers: "userId", "movie_id", "user_id:token", "stars".
  static std::optional<Role> role_of(std::string_view name);
  /// Whether a column of that name says how often somebody took something, not how he liked it: "play_count".
  static bool is_count(std::string_view name);
};

/// The column of each role.
class RatingColumns {
 public:
  using Role = RatingColumn::Role;

  bool has(Role role) const { return columns_[role] != kAbsent; }
  std::size_t operator[](Role role) const { return columns_[role]; }
  void set(Role role, std::size_t column) { columns_[role] = column; }
  void unset(Role role) { columns_[role] = kAbsent; }
  friend bool operator==(const RatingColumns&, const RatingColumns&) = default;

  /// By the usual names; of several that fit a role the most usual one.
  static RatingColumns of_header(std::span<const std::string> header);
  /// As --columns says: `user=customer_id,item=sku,rating=-,time=day`, the header's names of user, item, rating and
  /// time in this order, or the roles (and `-`: none) in the order of the fields. `header` is empty if the file has
  /// none. Error{usage} if that does not fit the file's fields.
  static RatingColumns of_option(std::string_view columns,
                                 std::span<const std::string> header,
                                 std::size_t n_fields,
                                 std::string_view file);

 private:
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
  std::array<std::size_t, RatingColumn::kRoles> columns_{kAbsent, kAbsent, kAbsent, kAbsent};
};

}  // namespace movrec
