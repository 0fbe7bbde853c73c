#pragma once
// What no single key can tell: whether the values of a contract fit together. Pure; any thread.

#include "contract/problems.hpp"
#include "model/contract.hpp"

namespace pgcontract::contract {

// Looks at values that have a place, and at defaults; what could not be read has been reported already.
void check_coherence(const Contract& contract, const Places& places, Problems& problems);

}  // namespace pgcontract::contract
