#include <array>

#include "movrec/cli/command.hpp"

namespace movrec::cli {
namespace {

constexpr std::array<Command, 0> kCommands{};

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace movrec::cli
