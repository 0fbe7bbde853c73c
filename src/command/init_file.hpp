#pragma once
// Writes one file whole or not at all: into a temporary neighbour that is then renamed. Owns nothing beyond the call;
// any thread.

#include <string>

#include "base/result.hpp"

namespace pgcontract::command {

// Whether `path` can be written: its folder exists, and it is free or, with `overwrite`, a regular file.
Result<void> check_output(const std::string& path, bool overwrite);

// The same once more at the moment of writing, against those who wrote it meanwhile.
Result<void> write_whole_file(const std::string& path, const std::string& text, bool overwrite);

}  // namespace pgcontract::command
