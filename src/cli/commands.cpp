#include "cli/commands.hpp"

#include <array>

namespace movrec::cli {
namespace {

// The order is that of `movrec --help`. A command with children: .children = kDataCommands.
constexpr std::array kCommands{
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
