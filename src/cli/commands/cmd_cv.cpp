#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/parse/train_flags.hpp"
#include "movrec/app/cross_validate.hpp"
#include "movrec/app/recipe.hpp"
#include "movrec/core/error.hpp"
#include "movrec/core/json_text.hpp"

namespace movrec::cli {
namespace {

struct CvFlags {
  CvRequest request;
  ModelFlags given;
};

/// Cross-validation decides what is test.
void check_split(const CvRequest& request, const Invocation& invocation) {
  for (const char* own : {"fold", "fold-count", "fold-index", "train-file", "test-file", "split"})
    if (invocation.origin(own) == Origin::flag && !(request.is_random && std::string_view(own) == "split"))
      throw Error(ErrorKind::usage, fmt::format("{} has no effect", invocation.origin_text(own)),
                  "cross-validation makes its own splits", "--folds, or --repeats alone");
}

int run_cv(CvFlags& flags, Invocation& invocation) {
  CvRequest& request = flags.request;
  if (request.base.algorithm == kBest)
    throw Error(ErrorKind::usage, "cv trains one model", "best is several", "cv --model bfm");
  apply_algorithm(request.base, flags.given, invocation);
  request.base.settings = invocation.global.settings();
  request.test = {.ranking = request.base.ranking};
  request.is_random = request.folds.folds.empty() && invocation.origin("repeats") > Origin::standard;
  check_split(request, invocation);
  const CvReport report = cross_validate(request, ChildProcesses(invocation.program));
  *invocation.out << (invocation.global.json ? json_text(cv_json(report)) + "\n" : cv_text(report));
  return 0;
}

}  // namespace

Action declare_cv(FlagSet& set) {
  const auto flags = std::make_shared<CvFlags>();
  set.bind(flags->request.folds);
  bind_train_flags(set, flags->request.base, flags->given);
  set.set_footer(
      "Examples:\n"
      "  movrec cv --dataset ml-100k --model bfm --folds u1..u5\n"
      "  movrec cv --model biased-mf --folds 10\n"
      "  movrec cv --model neumf --repeats 3 --test-fraction 0.1");
  return [flags](Invocation& invocation) { return run_cv(*flags, invocation); };
}

}  // namespace movrec::cli
