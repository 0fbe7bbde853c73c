#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  const std::string& prefix = judged.contract.conventions.reference_prefix;
  if (prefix.empty()) return {{}, "no prefix for reference data in the contract", {}};
  const auto& schemas = judged.contract.schemas;
  Examined examined;
  std::size_t count = 0;
  for (const Relation& relation : judged.observation.relations) {
    if (!relation.name.starts_with(prefix) || !tenancy::is_table(relation) || relation.is_partition) continue;
    const Schema* schema = judged.observation.schema(relation.schema);
    if (!schema || (schemas.telemetry && schema->name == schemas.telemetry->name)) continue;
    ++count;
    if (schema->name == schemas.application.name) continue;
    Finding finding;
    finding.subject = subject_of(judged.observation, relation);
    finding.message = fmt::format("is reference data by its name, the contract keeps that in {} only",
                                  quoted(schemas.application.name));
    finding.consider = fmt::format("ALTER TABLE {} SET SCHEMA {}", judged.observation.name_of(relation),
                                   quoted(schemas.application.name));
    examined.findings.push_back(std::move(finding));
  }
  examined.examined = counted(count, "reference table");
  return examined;
}

}  // namespace

const Clause kSchemaReferenceData = {
    .id = "schema.reference_data",
    .title = "lookups live in the application schema only",
    .sentence = "Reference data (enums, lookups) lives under stratmaster_api.ref_*.",
    .why =
        "A lookup copied into a tenant's schema drifts from the others, and the tenant can write to it. In one place "
        "it is read by all and changed by migrations.",
    .needs = {Fact::Schemas, Fact::Relations},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
