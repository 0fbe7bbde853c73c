#pragma once
// The program's version as people and reports read it. A constant; a test keeps it equal to CMakeLists.txt's.

#include <string_view>

namespace pgcontract {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace pgcontract
