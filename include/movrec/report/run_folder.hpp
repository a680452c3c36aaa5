#pragma once

#include <filesystem>
#include <string>

namespace movrec {

/// Makes `runs_dir/<YYYYmmdd-HHMMSS>-<model>-<dataset>/` (with -2, -3 … where the name is taken) and returns
/// it. Error{failure} with the reason where that cannot be written.
std::filesystem::path make_run_folder(const std::filesystem::path& runs_dir,
                                      const std::string& model,
                                      const std::string& dataset);

/// The checkpoint that a person means: a file as it is; a folder's best.pt; "" the newest run's best.pt. A
/// bare file name that does not exist here is looked for in the newest run, so that `--checkpoint best.pt`
/// works. Error{model} says where was looked and how to train one.
std::filesystem::path find_checkpoint(const std::filesystem::path& given,
                                      const std::filesystem::path& runs_dir);

}  // namespace movrec
