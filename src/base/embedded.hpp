#pragma once
// Text files that the build put into the program (SQL, manual pages, clause examples): see cmake/embed.cmake.
// The views live as long as the program.

#include <span>
#include <string_view>

namespace pgcontract {

struct EmbeddedText {
  std::string_view path;  // below the folder, e.g. "sql/roles.sql"
  std::string_view text;
};

// The text at `path`, or an empty view where there is none.
inline std::string_view find_embedded(std::span<const EmbeddedText> texts, std::string_view path) {
  for (const auto& entry : texts)
    if (entry.path == path) return entry.text;
  return {};
}

}  // namespace pgcontract
