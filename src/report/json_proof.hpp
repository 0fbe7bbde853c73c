#pragma once
// The proof of the JSON format, and its part of the published schema. Pure; any thread.

#include <nlohmann/json.hpp>

#include "model/proof.hpp"

namespace pgcontract::report {

nlohmann::ordered_json proof_json(const Proof& proof);
nlohmann::ordered_json proof_schema();

}  // namespace pgcontract::report
