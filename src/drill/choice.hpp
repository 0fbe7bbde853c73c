#pragma once
// Which backup a drill restores and to which moment. Pure: the seed comes in.

#include <string>
#include <string_view>

#include "restore/plan.hpp"

namespace pgcontract::drill {

struct Choice {
  std::string kind;    // "latest", "oldest", "random", "switch"
  std::string backup;  // empty: the plan's choice
  restore::Target target;
};

// "turn" goes through the kinds by `turn`, the number of drills so far; a kind for which the store has nothing (no
// timeline was ever left) is the next one's turn.
Result<Choice> choose(std::string_view kind, std::uint64_t turn, std::uint64_t seed,
                      const std::vector<BaseBackup>& backups, const restore::Archive& archive);

}  // namespace pgcontract::drill
