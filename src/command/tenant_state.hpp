#pragma once
// Taking tenants from one state of the registry to another: suspend and resume. Both may be run again: what is so
// already is left alone. No state; one thread.

#include <functional>
#include <span>
#include <string>

#include "command/command.hpp"
#include "model/clause.hpp"
#include "model/step.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::command {

struct StateChange {
  std::string command;  // "tenant suspend"
  std::string from;     // "active"
  std::string to;       // "suspended"
  std::function<Plan(const Judged&, std::span<const Uuid>)> plan;
};
Result<Report> change_state(const Arguments& arguments, const StateChange& change);

// The error for a tenant that is not there, or no longer.
Error no_such_tenant(const Observation& observation, const Uuid& id);
// The tenant's row of the registry, unless it is deleted or there is none.
const RegisteredTenant* living_tenant(const Observation& observation, const Uuid& id);

// Refuses where the session may not become each of the tenants and the owner, before anything is done: a tenant's own
// rows are read and deleted in its role.
Result<void> check_may_become(postgres::Connection& connection, const Tenancy& tenancy, std::span<const Uuid> tenants);

}  // namespace pgcontract::command
