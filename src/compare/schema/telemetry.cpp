#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/schema/existence.hpp"

namespace pgcontract::compare {
namespace {

bool is_separate(const TelemetrySchema& telemetry, const Environment& environment) {
  using When = TelemetrySchema::SeparateDatabase;
  return telemetry.separate_database_when == When::Always ||
         (telemetry.separate_database_when == When::Managed && environment.managed);
}

Examined check_separate(const Judged& judged, const std::string& name) {
  Examined examined;
  examined.examined = fmt::format("database {}", quoted(name));
  if (std::ranges::find(judged.observation.databases, name, &Database::name) == judged.observation.databases.end()) {
    Finding finding;
    finding.subject = {"database", "", name, ""};
    finding.message = "does not exist, the contract gives telemetry a database of its own here";
    finding.tags = {"missing"};
    examined.findings.push_back(std::move(finding));
  }
  if (judged.observation.schema_named(name)) {
    Finding finding;
    finding.subject = schema_subject(name);
    finding.message = "stands in the application's database, the contract gives telemetry a database of its own here";
    // Without CASCADE: it refuses while there is something left to move.
    finding.consider = fmt::format("DROP SCHEMA {}", quoted(name));
    finding.tags = {"unwanted"};
    examined.findings.push_back(std::move(finding));
  }
  return examined;
}

Examined check(const Judged& judged) {
  const auto& telemetry = judged.contract.schemas.telemetry;
  if (!telemetry) return {{}, "no telemetry schema in the contract", {}};
  return is_separate(*telemetry, judged.environment) ? check_separate(judged, telemetry->name)
                                                     : check_schema_exists(judged, telemetry->name);
}

}  // namespace

const Clause kSchemaTelemetry = {
    .id = "schema.telemetry",
    .title = "telemetry has its schema, or on managed services its database",
    .sentence =
        "Observability schema: stratmaster_telemetry (Langfuse, tracing). Separate database when using managed "
        "services.",
    .why =
        "Traces are written faster than anything else and matter less. Apart from the application's tables they can "
        "be trimmed, moved and restored without it; a managed service bills and backs up by database.",
    .needs = {Fact::Schemas, Fact::Databases},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
