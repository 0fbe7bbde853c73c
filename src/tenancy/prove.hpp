#pragma once
// Decides for every ordered pair of tenants whether one can reach the other's rows or schema, by searching the
// privilege graph in the Observation (decision 8): who a session is, inherits and may become; what is granted to whom;
// whose code runs as whom; which policies apply. What the catalog cannot decide counts as reachable. Pure; any thread.

#include <optional>
#include <span>

#include "model/contract.hpp"
#include "model/proof.hpp"

namespace pgcontract::tenancy {

// The contract must have a tenancy section. `only`: pairs from and to this tenant.
Proof prove(const Contract& contract, const Observation& observation, std::optional<Uuid> only = std::nullopt);

// What the search reads. Where one of them could not be read there is no proof.
std::span<const Fact> facts_of_proof();

// "app_tenant_a -[member, SET]-> pgc_owner"
std::string path_text(const Break& broken);

}  // namespace pgcontract::tenancy
