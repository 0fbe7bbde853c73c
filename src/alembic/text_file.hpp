#pragma once
// Reads one small text file that a person wrote (alembic.ini, a revision) whole into memory.
// The caller owns the text. Any thread.

#include <string>

#include "base/result.hpp"

namespace pgcontract::alembic {

// Only a regular file of at most 16 MiB is read: a pipe or a device under versions/ must not hang the reader.
// Errors carry `shown` as their place.
Result<std::string> read_text_file(const std::string& path, const std::string& shown);

// `path` as messages show it: relative to `directory`.
std::string shown_path(const std::string& path, const std::string& directory);

}  // namespace pgcontract::alembic
