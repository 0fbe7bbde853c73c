#pragma once
// Small files of the user's, read whole: the contract, files that hold a DSN or keys. The text is a SecretString
// because it may be one; nothing of it reaches a message. No state; any thread.

#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgcontract {

struct TextFile {
  SecretString text;
  unsigned mode = 0;  // permission bits, 0644
};

// Reads at most `limit` bytes; a larger file is an Error, and so is all that is not a regular file (a device or a pipe
// could keep us waiting). `where` of an Error is the path.
Result<TextFile> read_text_file(const std::string& path, std::size_t limit);

}  // namespace pgcontract
