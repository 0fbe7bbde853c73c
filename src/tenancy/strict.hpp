#pragma once
// What the strict profile takes from PUBLIC: functions and views of pg_catalog that need no privilege and that a tenant
// can misuse (doc/strict.md says what for, and what breaks). Names, not signatures: whatever overloads the server has
// are meant. Pure; constants; any thread.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/contract.hpp"
#include "model/observation.hpp"

namespace pgcontract::tenancy {

struct StrictName {
  std::string_view name;   // "set_config", or the beginning of names: "pg_advisory_*"
  char kind = 'f';         // f function, r relation
  bool monitored = false;  // pg_monitor keeps it: it is what exporters read
};
std::span<const StrictName> strict_names();
// The row that means this object of pg_catalog, or null.
const StrictName* strict_name_of(const SystemObject& object);

// Roles that keep the privilege: the owner of everything, the contract's catalog_readers, pg_monitor on statistics. The
// owner's entry is also how a later look knows that it was this profile that took the privilege away.
std::vector<std::string> strict_keepers(const Contract& contract, const StrictName& name);

}  // namespace pgcontract::tenancy
