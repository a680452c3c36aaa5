#include "cli/commands.hpp"

#include <array>

namespace movrec::cli {
namespace {

// The order is that of `movrec --help`. A command with children: .children = kDataCommands.
constexpr std::array kCommands{
    Command{.name = "version",
            .summary = "version, git revision, compiler, LibTorch and BLAS",
            .declare = declare_version},
};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace movrec::cli
