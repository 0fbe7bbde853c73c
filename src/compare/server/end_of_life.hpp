#pragma once
// When the community stops fixing a major version. Pure; any thread.

#include <optional>

#include "base/instant.hpp"

namespace pgcontract::compare {

// When the community's last minor of a major was due (postgresql.org/support/versioning, read 2026-11-23).
inline std::optional<Date> end_of_life(int major) {
  using namespace std::chrono_literals;
  switch (major) {
    case 14: return 2026y / 11 / 12;
    case 15: return 2027y / 11 / 11;
    case 16: return 2028y / 11 / 9;
    case 17: return 2029y / 11 / 8;
    case 18: return 2030y / 11 / 14;
    default: return std::nullopt;
  }
}

}  // namespace pgcontract::compare
