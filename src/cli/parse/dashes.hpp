#pragma once

#include <string>
#include <string_view>

#include "movrec/core/run_context.hpp"

namespace movrec::cli {

/// Below the command line errors, help and log write an option as ‹name›: here it becomes --name.
std::string with_dashes(std::string_view text);

/// Hands on to another observer what it hears, with dashes.
class DashedObserver final : public Observer {
 public:
  explicit DashedObserver(Observer& next) : next_(next) {}

  void log(LogLevel level, std::string_view text) override { next_.log(level, with_dashes(text)); }
  void progress(const ProgressReport& report) override { next_.progress(report); }
  void progress_ended() override { next_.progress_ended(); }

 private:
  Observer& next_;
};

}  // namespace movrec::cli
