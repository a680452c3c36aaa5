#include "cli/commands/commands.hpp"

#include <array>

#include "cli/commands/data_commands.hpp"

namespace movrec::cli {
namespace {

// The order is that of `movrec --help`.
constexpr std::array kDataCommands{
    Command{.name = "list",
            .summary = "list the data sets that have a name, and which are here",
            .declare = declare_data_list},
    Command{.name = "download",
            .summary = "fetch a data set and check it against its official checksum",
            .declare = declare_data_download},
    Command{.name = "info",
            .summary = "count users, items and ratings, and show how they are spread",
            .declare = declare_data_info},
    Command{.name = "head",
            .summary = "show the first ratings as they are understood",
            .declare = declare_data_head},
    Command{.name = "check",
            .summary = "say what is understood of ratings, and all that is suspicious about them",
            .declare = declare_data_check},
    Command{.name = "convert",
            .summary = "write ratings in another form: csv, ::, tab, JSON lines, RecBole",
            .declare = declare_data_convert},
    Command{.name = "verify",
            .summary = "check a data set that is here against its official checksum",
            .declare = declare_data_verify},
    Command{.name = "path",
            .summary = "print the folder that data sets are kept in",
            .declare = declare_data_path},
};

constexpr std::array kCommands{
    Command{.name = "train",
            .summary = "train a model: choose its best epoch on validation rows, score it once on test rows",
            .declare = declare_train},
    Command{.name = "evaluate",
            .summary = "errors of a trained model on held-out ratings, beside simple references",
            .declare = declare_evaluate},
    Command{.name = "cv", .summary = "train and test a model on several splits", .declare = declare_cv},
    Command{.name = "compare",
            .summary = "how sure it is that one run is better than another",
            .declare = declare_compare},
    Command{.name = "blend",
            .summary = "make one run of several: the weighted mean of their predictions",
            .declare = declare_blend},
    Command{.name = "runs",
            .summary = "list the runs that are here, with their figures",
            .declare = declare_runs},
    Command{.name = "recommend",
            .summary = "the best unseen items for users, and for anybody who says what he likes",
            .declare = declare_recommend},
    Command{.name = "interactive",
            .summary = "recommend in a dialogue, better with each rating",
            .declare = declare_interactive},
    Command{.name = "similar", .summary = "the items most like one", .declare = declare_similar},
    Command{.name = "update",
            .summary = "take up new ratings of old or new users without training again",
            .declare = declare_update},
    Command{
        .name = "data", .summary = "list, fetch, describe and check data sets", .children = kDataCommands},
    Command{
        .name = "models", .summary = "list the models, or one model's options", .declare = declare_models},
    Command{.name = "version",
            .summary = "version, git revision, compiler, LibTorch and BLAS",
            .declare = declare_version},
    Command{.name = "doctor",
            .summary = "check BLAS speed, threads, GPU, folders and variables",
            .declare = declare_doctor},
    Command{.name = "completion",
            .summary = "print a completion script for bash, zsh or fish",
            .declare = declare_completion},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace movrec::cli
