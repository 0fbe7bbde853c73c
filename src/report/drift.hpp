#pragma once
// The parts that drift has in each format. Values in, values out; any thread.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model/drift.hpp"
#include "model/finding.hpp"
#include "report/page.hpp"

namespace pgcontract::report {

std::string drift_text(const Drift& drift, const Page& page);
nlohmann::ordered_json drift_json(const Drift& drift);
// For the formats that know findings only (JUnit, SARIF, Markdown): one clause, a finding for each difference.
Verdicts drift_verdicts(const Drift& drift);

}  // namespace pgcontract::report
