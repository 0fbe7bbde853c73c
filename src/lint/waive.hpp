#pragma once
// The contract's waivers over the findings of rules. A rule's waiver names a revision ("843e1cde6d8c"), a table in it
// ("843e1cde6d8c:reports"), a live object as clauses do, or "*". Pure.

#include <span>
#include <vector>

#include "lint/lint.hpp"

namespace pgcontract::lint {

void waive(std::vector<Finding>& findings, const Asked& asked);
// Waivers that are wrong: expired, of no rule, or covering nothing although what they name was judged.
std::vector<Finding> waiver_findings(const Verdicts& verdicts, std::span<const HistoryInput> histories,
                                     const Asked& asked);

}  // namespace pgcontract::lint
