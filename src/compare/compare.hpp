#pragma once
// Contract × Observation → Verdicts. Pure: no I/O, no clock; the same input gives the same output.

#include <span>
#include <string_view>

#include "model/clause.hpp"

namespace pgcontract::compare {

// Every clause, in the order of the contract; the one table is in clauses.cpp.
std::span<const Clause> clauses();
const Clause* find_clause(std::string_view id);

// Judges every clause and applies the contract's waivers.
Verdicts judge(const Judged& judged);

}  // namespace pgcontract::compare
