#pragma once
// What was observed on a server (model/effect.hpp) against what rules say from the text alone. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "lint/rule.hpp"

namespace pgcontract::lint {

bool is_observed(const StatementEffect* effect);
// "{schema}.\"Odd one\"" → the name without the migrated schema and quotes.
Name label_of(std::string_view relation);
Lock lock_named(std::string_view mode);  // "ACCESS EXCLUSIVE"

// From `first` on: takes out what the server was seen not to do, and says of the rest that it was seen.
void confirm(Claim claim, const StatementEffect& effect, const std::string& server, std::size_t first, Founds& out);
// Tables in use that were seen to be written anew, or read under a lock that keeps writers out; a statement that fails;
// and, as a note, why nothing was seen.
Founds surprises(const StatementEffect& effect, const Statement& statement, const Tables& tables,
                 const std::string& server);

}  // namespace pgcontract::lint
