#pragma once
// Which deleted tenants are here again: a backup from before the deletion brings everything back, its registry too, so
// the registry's word is compared with the tombstones kept beside the contract. Pure.

#include <string>
#include <vector>

#include "tenancy/design.hpp"

namespace pgcontract::tenancy {

// The last deletion of the tenant that registry or tombstones tell of; empty: none. A tenant that was added again
// later has none.
Text deleted_at(const Observation& observation, const Uuid& id);

struct Risen {
  Uuid id;
  Text deleted_at;
  std::string what;  // "its schema and its role"
};
// Deleted tenants of whom there is a schema, a role or an active row in the registry. Sorted by id.
std::vector<Risen> risen(const Contract& contract, const Observation& observation);

// Tombstones of the registry that no file keeps: a restore would forget them.
std::vector<const RegisteredTenant*> unkept(const Observation& observation);

}  // namespace pgcontract::tenancy
