#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "movrec/app/fit.hpp"

namespace movrec {

/// One of several runs that make up a larger one: a fit and its test.
struct Member {
  std::string name;
  FitRequest request;
  TestOptions test;
  bool goes_on = false;         ///< from the last.pt in the request's folder, if one is there
  std::filesystem::path log{};  ///< where a process of its own writes what it says
};

/// The member's run from the fit, or what is left of it, to its report: the document movrec.train/1.
nlohmann::json run_member(const Member&);

/// Where members run.
class Runtime {
 public:
  /// The member at that position has ended, with what run_member returns.
  using OnEnd = std::function<void(std::size_t position, nlohmann::json result)>;

  virtual ~Runtime() = default;
  /// Runs all, at most `jobs` at a time. What one of them throws ends it all and is thrown here, whichever process
  /// it came from; its message begins with the member's name.
  virtual void run(std::span<const Member>, int jobs, const OnEnd&) const = 0;
};

/// One after the other, in this process.
class InProcess final : public Runtime {
 public:
  void run(std::span<const Member>, int jobs, const OnEnd&) const override;
};

/// Side by side, each in a process that `program` (movrec) is started as.
class ChildProcesses final : public Runtime {
 public:
  explicit ChildProcesses(std::string program) : program_(std::move(program)) {}
  void run(std::span<const Member>, int jobs, const OnEnd&) const override;

 private:
  std::string program_;
};

/// The word that starts `program` as a member: `movrec WORD REQUEST OUTCOME`.
inline constexpr std::string_view kMemberWord = "run-member";
/// What that process does: reads a request that ChildProcesses wrote, runs the member, and writes a result or an
/// error as the outcome. Interrupted after a stop.
void run_member_of(const std::filesystem::path& request, const std::filesystem::path& outcome);

}  // namespace movrec
