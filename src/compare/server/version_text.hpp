#pragma once
// server_version_num in words. Pure; any thread.

#include <fmt/format.h>

#include <string>

namespace pgcontract::compare {

inline int major_of(int version_num) { return version_num / 10000; }
inline int minor_of(int version_num) { return version_num % 10000; }
inline std::string version_text(int version_num) {
  return fmt::format("{}.{}", major_of(version_num), minor_of(version_num));
}

}  // namespace pgcontract::compare
