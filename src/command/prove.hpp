#pragma once
// The search behind `tenant prove`, for those who prove a restored copy with it.

#include <optional>

#include "model/contract.hpp"
#include "model/observation.hpp"
#include "model/proof.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::command {

// `observation` is observe_reach()'s, of the same connection; it gets the columns that demonstrations name.
Result<Proof> prove_isolation(postgres::Connection& connection, const Contract& contract, Observation& observation,
                              const std::optional<Uuid>& only);

}  // namespace pgcontract::command
