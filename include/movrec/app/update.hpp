#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "movrec/app/opened_run.hpp"

namespace movrec {

struct UpdateOptions {
  std::string history, output;

  template <class Self, class Visit>
  static void fields(Self& self, Visit&& visit) {
    visit(Field{.name = "history",
                .help = "new ratings: a file with lines user,item,stars[,time], where an item is an id or a "
                        "title",
                .value_name = "FILE"},
          self.history);
    visit(Field{.name = "output",
                .help = "write the updated model here (default: updated.pt beside the trained one)",
                .value_name = "FILE"},
          self.output);
  }
};

/// What an update took up.
struct UpdateReport {
  std::filesystem::path checkpoint;  ///< the updated model
  std::int64_t ratings = 0, users = 0, new_users = 0;
  std::int64_t all_ratings = 0, all_users = 0;  ///< those of earlier updates included
  std::optional<UserId> first_user{};           ///< none where nothing was new
};

/// Puts ratings beside a trained model, which answers their users from them and from what it was trained on, and
/// everybody else as before; without a history, the ratings of OpenOptions::data that it does not know yet. Updates add
/// up. Error{usage} without a file or with a model that looks at no histories;
/// Error{data} for the file's content.
UpdateReport update_run(const UpdateOptions&, const OpenOptions&, const RunSettings&);

}  // namespace movrec
