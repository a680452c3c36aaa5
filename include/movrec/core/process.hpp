#pragma once

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <string>

namespace movrec {

/// Starts a program as a process of its own, with nothing to read and its output in files. It ends with the thread that
/// started it, by SIGTERM, however that ends; and it has a process group of its own, so that what a terminal or a
/// shell sends to this one's group reaches it only if it is passed on. Error{failure} if it cannot be started.
pid_t start_process(const std::string& program,
                    std::span<const std::string> arguments,
                    const std::filesystem::path& out,
                    const std::filesystem::path& err);

}  // namespace movrec
