#pragma once
// What the store of an environment's backups holds, as facts that clauses judge by: listings and small documents, no
// data. A store that does not answer leaves the reason, and is not waited for.

#include "command/world.hpp"

namespace pgcontract::command {

void read_backups(const Place& place, Observation& into);

}  // namespace pgcontract::command
