// Row-level security, policies and privileges.
#include <fmt/format.h>

#include "model/acl.hpp"
#include "plan/draft.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::plan {
namespace {

std::string table_of(const Finding& finding) {
  return quoted(finding.subject.schema) + "." + quoted(finding.subject.name);
}

// The rest of a tag "key:rest", or empty.
std::string tag_value(const Finding& finding, std::string_view key) {
  for (const auto& tag : finding.tags)
    if (tag.starts_with(key)) return tag.substr(key.size());
  return {};
}

std::vector<std::string> tag_values(const Finding& finding, std::string_view key) {
  std::vector<std::string> values;
  for (const auto& tag : finding.tags)
    if (tag.starts_with(key)) values.push_back(tag.substr(key.size()));
  return values;
}

std::string upper_case(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

void mend_row_security(const Finding& finding, Draft& draft) {
  const bool force = finding.clause == "tenancy.rls_forced";
  const std::string table = table_of(finding);
  Step step;
  step.object = "table " + table;
  step.reason = force ? "without FORCE the owner's code sees every tenant's rows"
                      : "without row-level security the table's policies do nothing";
  step.statements = {fmt::format("ALTER TABLE {} {} ROW LEVEL SECURITY", table, force ? "FORCE" : "ENABLE")};
  step.lock = "ACCESS EXCLUSIVE on " + table;
  step.risk = Risk::Lock;
  step.undo = fmt::format("ALTER TABLE {} {} ROW LEVEL SECURITY", table, force ? "NO FORCE" : "DISABLE");
  draft.add(Phase::RowSecurity, finding, std::move(step));
}

namespace {

std::string roles_of(const Policy& policy, const Observation& observation) {
  std::string list;
  for (const Oid role : policy.roles)
    list += (list.empty() ? "" : ", ") + (role == 0 ? std::string("PUBLIC") : quoted(observation.role_name(role)));
  return list;
}

std::string_view command_of(char letter) {
  switch (letter) {
    case 'r': return "SELECT";
    case 'a': return "INSERT";
    case 'w': return "UPDATE";
    case 'd': return "DELETE";
    default: return "ALL";
  }
}

// The statement that makes a policy as it is.
std::string create_policy(const Policy& policy, const std::string& table, const Observation& observation) {
  std::string text = fmt::format("CREATE POLICY {} ON {} AS {} FOR {} TO {}", quoted(policy.name), table,
                                 policy.permissive ? "PERMISSIVE" : "RESTRICTIVE", command_of(policy.command),
                                 roles_of(policy, observation));
  if (!policy.using_expression.empty()) text += fmt::format(" USING ({})", policy.using_expression);
  if (!policy.check_expression.empty()) text += fmt::format(" WITH CHECK ({})", policy.check_expression);
  return text;
}

void drop_further_policy(const Finding& finding, Draft& draft) {
  const Observation& observation = draft.observation();
  const std::string table = table_of(finding);
  const Schema* schema = observation.schema_named(finding.subject.schema);
  if (!schema) return draft.add_manual(finding);
  for (const auto& relation : observation.relations_of(schema->oid)) {
    if (relation.name != finding.subject.name) continue;
    for (const auto& policy : observation.policies_of(relation.oid)) {
      if (policy.name != finding.subject.part) continue;
      Step step;
      step.object = fmt::format("policy {} on {}", quoted(policy.name), table);
      step.reason =
          "the contract's two policies are all that opens a shared table; waive the clause for one that is meant";
      step.statements = {fmt::format("DROP POLICY {} ON {}", quoted(policy.name), table)};
      step.lock = "ACCESS EXCLUSIVE on " + table;
      step.risk = Risk::Lock;
      step.undo = create_policy(policy, table, observation);
      draft.add(Phase::RowSecurity, finding, std::move(step));
    }
  }
}

}  // namespace

void mend_policies(const Finding& finding, Draft& draft) {
  if (finding.subject.kind != "policy") return draft.add_manual(finding);
  if (finding.tagged("further")) return drop_further_policy(finding, draft);
  const bool binding = finding.tagged("binding");
  const std::string table = table_of(finding);
  const std::string policy = quoted(finding.subject.part);
  Step step;
  step.object = fmt::format("policy {} on {}", policy, table);
  step.reason = binding ? "rows are bound to the role, whatever app.tenant_id says"
                        : "the contract's policy selects the tenant's rows";
  if (finding.tagged("changed")) step.statements.push_back(fmt::format("DROP POLICY {} ON {}", policy, table));
  step.statements.push_back(fmt::format("CREATE POLICY {} ON {} AS {} FOR ALL TO PUBLIC USING ({})", policy, table,
                                        binding ? "RESTRICTIVE" : "PERMISSIVE",
                                        binding ? tenancy::binding_policy_expression(draft.contract())
                                                : tenancy::tenant_policy_expression(draft.contract())));
  step.lock = "ACCESS EXCLUSIVE on " + table;
  step.risk = Risk::Lock;
  step.undo = fmt::format("DROP POLICY {} ON {}", policy, table);
  draft.add(Phase::RowSecurity, finding, std::move(step));
}

namespace {

// What a GRANT or REVOKE names: "TABLE a.b", "SCHEMA a" …
std::string grant_target(const Subject& subject) {
  std::string kind = upper_case(subject.kind);
  if (kind == "PARTITION" || kind == "VIEW" || kind == "MATERIALIZED VIEW" || kind == "PARTITIONED TABLE" ||
      kind == "FOREIGN TABLE" || kind == "COLUMN")
    kind = "TABLE";
  return kind + " " + (subject.schema.empty() ? "" : quoted(subject.schema) + ".") +
         (kind == "FUNCTION" ? subject.name : quoted(subject.name));
}

}  // namespace

void mend_grants(const Finding& finding, Draft& draft) {
  const std::string letters = tag_value(finding, "letters:");
  const std::string grantee = tag_value(finding, "grantee:");
  if (letters.empty() || grantee.empty()) return draft.add_manual(finding);
  const std::string to = grantee == "public" ? "PUBLIC" : quoted(grantee);
  const std::string column = tag_value(finding, "column:");
  std::string privileges = privilege_names(letters);
  if (!column.empty()) {
    std::string with_columns;
    for (char letter : letters)
      with_columns +=
          (with_columns.empty() ? "" : ", ") + privilege_names(std::string(1, letter)) + " (" + quoted(column) + ")";
    privileges = with_columns;
  }
  const std::string target = grant_target(finding.subject);
  Step step;
  Subject object = finding.subject;
  object.part.clear();
  step.object = fmt::format("privileges of {} on {} {}", to, object.kind, object.label());
  step.lock = "none";
  const std::string give = fmt::format("GRANT {} ON {} TO {}", privileges, target, to);
  const std::string take = fmt::format("REVOKE {} ON {} FROM {}", privileges, target, to);
  if (finding.tagged("default_acl")) {
    const std::string owner = quoted(tag_value(finding, "role:").empty() ? draft.contract().tenancy->roles.owner
                                                                         : tag_value(finding, "role:"));
    const std::string schema = finding.subject.schema.empty() ? finding.subject.name : finding.subject.schema;
    const std::string kinds = tag_value(finding, "objects:").empty() ? "TABLES" : tag_value(finding, "objects:");
    const bool missing = finding.tagged("missing");
    const std::string verb = missing ? "GRANT" : finding.tagged("grant_option") ? "REVOKE GRANT OPTION FOR" : "REVOKE";
    const std::string in_schema = schema.empty() ? "" : " IN SCHEMA " + quoted(schema);
    step.statements = {fmt::format("ALTER DEFAULT PRIVILEGES FOR ROLE {}{} {} {} ON {} {} {}", owner, in_schema, verb,
                                   privilege_names(letters), kinds, missing ? "TO" : "FROM", to)};
    step.reason = "what migrations create later is reached by its tenant and by nobody else";
    step.undo = "ALTER DEFAULT PRIVILEGES with the opposite";
  } else if (finding.tagged("missing")) {
    step.statements = {give};
    step.reason = "the design grants it";
    step.undo = take;
  } else if (finding.tagged("grant_option")) {
    step.statements = {fmt::format("REVOKE GRANT OPTION FOR {} ON {} FROM {} CASCADE", privileges, target, to)};
    step.reason = "a tenant may not pass on what it was given";
    step.undo = give + " WITH GRANT OPTION";
  } else {
    step.statements = {take};
    step.reason = "the design grants no more than a tenant needs";
    step.undo = give;
  }
  // REVOKE takes back what the owner granted; what another role granted is taken back in its name.
  const std::vector<std::string> grantors = tag_values(finding, "grantor:");
  if (!grantors.empty() && !finding.tagged("missing")) {
    const std::string revoke = step.statements.front();
    step.statements.clear();
    for (const auto& grantor : grantors)
      step.statements.insert(step.statements.end(),
                             {fmt::format("SET LOCAL ROLE {}", quoted(grantor)), revoke, "RESET ROLE"});
  }
  if (finding.subject.kind == "database") {
    // What PUBLIC loses here, the roles of the design must have by name.
    step.statements.push_back(
        fmt::format("GRANT CONNECT ON {} TO {}", target, quoted(draft.contract().tenancy->roles.migrator)));
    step.statements.push_back(
        fmt::format("GRANT CREATE ON {} TO {}", target, quoted(draft.contract().tenancy->roles.owner)));
    step.reason += "; roles that connect by PUBLIC's right alone need a grant of their own";
  }
  const bool role_comes_later = grantee != "public" && !draft.observation().role_named(grantee);
  const Phase phase = finding.subject.kind == "database" ? Phase::Database
                      : role_comes_later                 ? Phase::TenantGrants
                                                         : Phase::Grants;
  draft.add(phase, finding, std::move(step));
}

}  // namespace pgcontract::plan
