#pragma once
// contract.waivers, judged last: whether a waiver still covers something is known only when the other clauses are
// judged. Pure; any thread.

#include <span>

#include "model/clause.hpp"

namespace pgcontract::compare {

// A clause that is not among `results`, or unknown there, makes no waiver superfluous.
Examined check_waivers(const Judged& judged, std::span<const ClauseResult> results);

}  // namespace pgcontract::compare
