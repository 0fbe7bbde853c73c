#pragma once
// What of a fingerprint is the design's and not the migrations': the words that are a tenant's own, and what `apply`
// adds to a schema that migrations made. For comparing a schema with one that Alembic alone has built. Pure; any thread.

#include "fingerprint/read.hpp"
#include "model/contract.hpp"
#include "model/drift.hpp"

namespace pgcontract::fingerprint {

// A tenant's own words: two tenants differ in them and are alike.
Wanted tenant_wanted(const Tenancy& tenancy, const Uuid& id);

// Policies, privileges and the like: their clauses judge them; no disposable database has them.
bool is_of_the_design(const Difference& difference);
// Takes them out; what then does not differ any more counts as alike.
void without_the_design(DriftSet& set);

}  // namespace pgcontract::fingerprint
