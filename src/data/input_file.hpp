#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/descriptor.hpp"

namespace movrec {

/// What a person named as a file to read: a path, or "-" for standard input.
struct InputFile {
  std::string name;            ///< for messages: the path, "standard input"
  std::filesystem::path path;  ///< under which it can be opened again; empty for what can be read once only
  std::size_t n_bytes = 0;     ///< 0 if not known
  Descriptor file;
};

/// Opens it; a pipe waits for its other end. Error{data} if it cannot be opened, is a folder, or is a pipe or a terminal
/// that this process has opened before, of which nothing would be left.
InputFile open_input(const std::string& path);

}  // namespace movrec
