#pragma once
// Refuses bytes that YAML does not allow before libfyaml sees them, with their place: NUL and other control characters,
// and what is not UTF-8 (another encoding, a binary file). Pure; any thread.

#include <string>
#include <string_view>

#include "yaml/document.hpp"

namespace pgcontract::yaml {

struct BadByte {
  Mark mark;
  std::string message;
  std::string hint;
};

// The first bad byte, or one with line 0.
BadByte find_bad_byte(std::string_view text);

}  // namespace pgcontract::yaml
