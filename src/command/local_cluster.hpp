#pragma once
// The embedded cluster of an environment, for up, down and status. A usage error for environments whose server is
// somebody else's. Values; any thread.

#include "cluster/embedded.hpp"
#include "command/world.hpp"

namespace pgcontract::command {

Result<cluster::Embedded> embedded_of(const Place& place);

}  // namespace pgcontract::command
