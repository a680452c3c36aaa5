#pragma once

#include <iosfwd>

namespace movrec::cli {

/// The whole program: parses, acts, reports errors in one place. Results go to `out`, everything else to
/// `err`; a dialogue reads its answers from `in`. Returns the exit code (ErrorKind's number, 128 + signal after one). `main` is one line over it;
/// tests call it.
int run(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace movrec::cli
