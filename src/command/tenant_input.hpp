#pragma once
// The tenants a command is asked for: ids on the command line, or a list from a file or from standard input. No state;
// any thread.

#include <vector>

#include "command/command.hpp"
#include "contract/tenant_file.hpp"
#include "model/step.hpp"

namespace pgcontract::command {

// From the positionals or --from FILE ("-" is standard input); a usage error where it is neither or both. Two spellings
// of one id are an error. Display names are those of the list, or the ids.
Result<std::vector<contract::ListedTenant>> asked_tenants(const Arguments& arguments);
std::vector<Uuid> ids_of(const std::vector<contract::ListedTenant>& tenants);

// An outcome for a tenant of whom no step is planned: unneeded, or failed with `error`.
Outcome outcome_on(const Uuid& tenant, std::string_view clause, std::optional<Error> error);
// Puts such outcomes before those of the steps, numbered on.
void put_first(std::vector<Outcome> outcomes, Application& application);

// "3 tenants", or the id of the only one.
std::string counted_tenants(std::size_t count);

}  // namespace pgcontract::command
