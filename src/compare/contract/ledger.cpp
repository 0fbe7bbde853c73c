#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

Finding ledger_finding(std::string message, std::string tag) {
  Finding finding;
  finding.subject = schema_subject(tenancy::kSchema);
  finding.message = std::move(message);
  finding.tags = {std::move(tag)};
  return finding;
}

Examined check(const Judged& judged) {
  const Observation& seen = judged.observation;
  Examined examined;
  examined.examined = fmt::format("schema {} at version {}", tenancy::kSchema, seen.registry.version);
  const Schema* schema = seen.schema_named(tenancy::kSchema);
  if (!schema) {
    examined.findings.push_back(ledger_finding("does not exist", "missing"));
    return examined;
  }
  // A newer program may have been here first; it would be wrong to call its ledger whole, and worse to go back.
  if (seen.registry.version > tenancy::kSchemaVersion) {
    examined.unknown = fmt::format("schema {} is at version {}, this program knows {}: use a newer pgcontract",
                                   tenancy::kSchema, seen.registry.version, tenancy::kSchemaVersion);
    return examined;
  }
  if (!seen.registry.present || seen.registry.version < tenancy::kSchemaVersion)
    examined.findings.push_back(
        ledger_finding(fmt::format("is at version {}, this program keeps its ledger at version {}",
                                   seen.registry.present ? seen.registry.version : 0, tenancy::kSchemaVersion),
                       "old"));
  const std::string definer = judged.contract.tenancy.value_or(Tenancy{}).roles.definer;
  if (const Text owner = seen.role_name(schema->owner); owner != definer)
    examined.findings.push_back(
        ledger_finding(fmt::format("is owned by {}, the contract gives it to {}", owner, definer), "owner"));
  return examined;
}

}  // namespace

const Clause kContractLedger = {
    .id = "contract.ledger",
    .title = "schema pgcontract keeps the registry of tenants, the journal and the evidence",
    .sentence = "A promise about the past is judged from a ledger of what was done and proved (design rule).",
    .why =
        "Server statistics vanish on a crash or failover. What pgcontract did, for which tenant and with which "
        "proof, must live in the database itself, owned by a role that nobody can log in as.",
    .needs = {Fact::Schemas, Fact::Roles, Fact::Registry},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
