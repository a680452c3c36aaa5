#pragma once

#include "movrec/cli/parse/command.hpp"

namespace movrec::cli {

// Each declares its flags and returns what runs. One file per command; the table in commands.cpp names them.
Action declare_train(FlagSet&);
Action declare_evaluate(FlagSet&);
Action declare_cv(FlagSet&);
Action declare_compare(FlagSet&);
Action declare_blend(FlagSet&);
Action declare_runs(FlagSet&);
Action declare_recommend(FlagSet&);
Action declare_interactive(FlagSet&);
Action declare_similar(FlagSet&);
Action declare_update(FlagSet&);
Action declare_models(FlagSet&);
Action declare_version(FlagSet&);
Action declare_doctor(FlagSet&);
Action declare_completion(FlagSet&);

}  // namespace movrec::cli
