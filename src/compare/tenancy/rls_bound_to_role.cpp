// Two policies make a shared table safe: the contract's, which selects the tenant that the session speaks for, and a
// restrictive one that proves it by the role. Without the second the first believes a setting anybody can set.

#include <fmt/format.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

using Recognise = bool (*)(const Contract&, const Policy&);

void judge_policy(const Judged& judged, const Relation& table, Recognise recognise, std::string_view name,
                  std::string_view tag, const std::string& lack, std::vector<Finding>& findings) {
  const auto policies = judged.observation.policies_of(table.oid);
  if (std::ranges::any_of(policies, [&](const Policy& p) { return recognise(judged.contract, p); })) return;
  // A policy that has the name but not the meaning must go first: CREATE POLICY has no OR REPLACE.
  const bool taken = std::ranges::find(policies, name, &Policy::name) != policies.end();
  Subject subject = subject_of(judged.observation, table);
  subject.kind = "policy";
  subject.part = name;
  findings.push_back(wording::finding(std::move(subject),
                                      fmt::format("is {}: {}", taken ? "not what the design wants" : "missing", lack),
                                      {std::string(tag), taken ? "changed" : "missing"}));
}

// What opens rows beside the design's own policy. The binding keeps it within the tenant, but it was not the contract
// that wrote it, and a table without the binding would be open through it.
void judge_further_policies(const Judged& judged, const Relation& table, std::vector<Finding>& findings) {
  const auto policies = judged.observation.policies_of(table.oid);
  for (const auto& policy : policies) {
    if (!policy.permissive || policy.name == tenancy::kTenantPolicy || policy.name == tenancy::kBindingPolicy ||
        tenancy::is_tenant_policy(judged.contract, policy))
      continue;
    Subject subject = subject_of(judged.observation, table);
    subject.kind = "policy";
    subject.part = policy.name;
    findings.push_back(wording::finding(
        std::move(subject), "is a further permissive policy, which the contract does not know", {"further"}));
  }
}

void judge_column(const Judged& judged, const Relation& table, std::vector<Finding>& findings) {
  // A partition has its parent's column, and is mended there.
  if (table.is_partition) return;
  const std::string& name = judged.contract.tenancy->shared_column;
  const Column* column = judged.observation.column_named(table.oid, name);
  const auto add = [&](std::string message, std::string_view change, std::string tag) {
    findings.push_back(wording::finding(
        subject_of(judged.observation, table, *column), std::move(message), {std::move(tag)},
        fmt::format("ALTER TABLE {} ALTER COLUMN {} {}", judged.observation.name_of(table), quoted(name), change)));
  };
  if (column->type_name != "uuid")
    add(fmt::format("has type {}, wanted uuid", column->type_name),
        fmt::format("TYPE uuid USING {}::uuid", quoted(name)), "column_type");
  if (!column->not_null) add("may be null, wanted NOT NULL", "SET NOT NULL", "column_null");
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const Tenancy& tenancy = *judged.contract.tenancy;
  const std::string no_tenant_policy = fmt::format(
      "a permissive policy for all commands and roles that compares {} "
      "with the setting {}",
      quoted(tenancy.shared_column), tenancy.setting);
  const std::string no_binding = fmt::format(
      "a restrictive policy for all commands and roles that compares {} with "
      "the tenant of the session's role",
      quoted(tenancy.shared_column));
  Examined result;
  const auto tables = tenancy::shared_tables(judged.contract, judged.observation);
  for (const Relation* table : tables) {
    judge_policy(judged, *table, tenancy::is_tenant_policy, tenancy::kTenantPolicy, "tenant_policy", no_tenant_policy,
                 result.findings);
    judge_policy(judged, *table, tenancy::is_binding, tenancy::kBindingPolicy, "binding", no_binding, result.findings);
    judge_further_policies(judged, *table, result.findings);
    judge_column(judged, *table, result.findings);
  }
  result.examined = counted(tables.size(), "shared table");
  return result;
}

}  // namespace

const Clause kTenancyRlsBoundToRole = {
    .id = "tenancy.rls_bound_to_role",
    .title = "the rows of a shared table are bound to the role of the session, not to a setting alone",
    .sentence =
        "CREATE POLICY tenant_row_level_policy ON stratmaster_api.reports USING (tenant_id = "
        "current_setting('app.tenant_id')::uuid);",
    .why =
        "Everybody may SET app.tenant_id, even in the middle of a SELECT, so the contract's policy alone only asks a "
        "session who it would like to be. The restrictive policy compares the row with the tenant in the role's "
        "name, and PostgreSQL ANDs it with all others: a spoofed setting gives no rows. One more permissive policy, "
        "however careless, opens nothing as long as the binding stands before it; it is a finding all the same, "
        "because nobody agreed to it and the binding is then all that is left. One that is meant gets a waiver. A row "
        "whose tenant is null, or not a uuid, belongs to nobody.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Columns, Fact::Policies},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
