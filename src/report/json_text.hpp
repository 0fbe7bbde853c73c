#pragma once
// JSON as bytes: valid UTF-8 whatever its strings hold, and no control character that a terminal would obey. The
// version of the published format stands here too, for the writer and its schema. Pure; any thread.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "model/attack.hpp"

namespace pgcontract::report {

// Raised when a field is taken away or changes its meaning: doc/report.md.
inline constexpr std::string_view kReportSchema = "pgcontract.report/1";

std::string json_text(const nlohmann::ordered_json& json);

// Report::attacks: in json_attack.cpp.
nlohmann::ordered_json attacks_json(const AttackRun& run);

}  // namespace pgcontract::report
