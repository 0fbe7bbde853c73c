#pragma once
// What of a fingerprint is the design's and not the migrations': the words that are a tenant's own, and what `apply`
// adds to a schema that migrations made. For comparing a schema with one that Alembic alone has built. Pure; any
// thread.

#include "fingerprint/read.hpp"
#include "model/contract.hpp"
#include "model/drift.hpp"

namespace pgcontract::fingerprint {

// A tenant's own words: two tenants differ in them and are alike.
Wanted tenant_wanted(const Tenancy& tenancy, const Uuid& id);

// What `apply` adds to what the migrations make. Its clauses judge it; no disposable database has it. A policy that the
// migrations do make, and row security that they switch on, must be there.
bool is_of_the_design(const Difference& difference);
// Takes it out; what then does not differ any more counts as alike. How many differences were left out, in one schema
// of each group.
std::size_t without_the_design(DriftSet& set);

}  // namespace pgcontract::fingerprint
