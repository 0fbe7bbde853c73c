#pragma once
// A tenant's revision runs once for each tenant. One that changes what is not the tenant's, a table of the
// application's schema named explicitly, would change it a thousand times: it belongs into the application's history.
// Pure; any thread.

#include <optional>

#include "fleet/script.hpp"

namespace pgcontract::fleet {

// The first statement of a tenants' script that makes, changes, drops or writes to something in a schema that it names.
std::optional<Error> reaches_out(const Script& script);
// The same as an error of its own, where the canary's locks show it: `what` is a relation's qualified name.
Error reach_error(const std::string& what, const std::string& where);

}  // namespace pgcontract::fleet
