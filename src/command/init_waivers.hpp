#pragma once
// What a starter contract says about the database it was read from: the clauses that hold, and a waiver for each thing
// that does not. Pure; no state; any thread.

#include <string>

#include "model/finding.hpp"

namespace pgcontract::command {

// Whether init waives what is broken of this clause: the areas on the database itself. contract.ledger is in none of
// them, because `apply` makes the ledger.
bool is_waived_at_start(std::string_view clause);

// `starter` with what holds at its head and waivers at its end, which last 90 days from `today`.
std::string with_verdicts(const std::string& starter, const Verdicts& verdicts, Date today);

}  // namespace pgcontract::command
