#pragma once
// Whether the answer to a query follows from what a schema's fingerprint covers: it names only catalogs whose contents
// do, calls only functions that add nothing, and asks about the schema itself. Pure; any thread.

#include <string>
#include <vector>

#include "record/sql_token.hpp"
#include "record/statement.hpp"

namespace pgcontract::record {

// Empty where it does; else why not, continuing "it …".
std::string why_not_of_catalog(const std::vector<Token>& tokens, const Surroundings& surroundings);

}  // namespace pgcontract::record
