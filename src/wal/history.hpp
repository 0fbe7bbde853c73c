#pragma once
// A timeline's history file: from which timeline it branched off, and where (docs §26.3.5). Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/backup.hpp"

namespace pgcontract::wal {

struct Switch {
  std::uint32_t parent = 0;
  Lsn at = 0;  // the parent's WAL counts up to here
  bool operator==(const Switch&) const = default;
};

// Oldest first; the last one's parent is where this timeline branched off. Parents and LSNs must increase, as the
// server demands it.
Result<std::vector<Switch>> parse_history(std::string_view text, const std::string& where);

}  // namespace pgcontract::wal
