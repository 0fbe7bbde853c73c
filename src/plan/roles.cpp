// The roles of the design (doc/tenancy.md), and schema pgcontract that they own.
#include <fmt/format.h>

#include "base/embedded.hpp"
#include "plan/draft.hpp"
#include "plan/tenant_sql.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::plan {

std::span<const EmbeddedText> embedded_texts();

namespace {

std::string attributes_of(const TenancyRoles& roles, const std::string& role) {
  const bool migrator = role == roles.migrator;
  return fmt::format("{} {} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS",
                     migrator ? "LOGIN" : "NOLOGIN", migrator ? "NOINHERIT" : "INHERIT");
}

std::string purpose_of(const TenancyRoles& roles, const std::string& role) {
  if (role == roles.owner) return "one role that cannot log in owns every object";
  if (role == roles.definer) return "schema pgcontract and its guard functions belong to a role nobody can become";
  if (role == roles.tenant_group) return "tenants reach shared tables through one group";
  return "migrations log in as a role that may become the owner and nothing else";
}

// The membership of `part` in the role, or its ADMIN OPTION.
void revoke_members(const Finding& finding, const Draft& draft, Step& step) {
  const Observation& o = draft.observation();
  const bool admin = finding.tagged("admin");
  for (const auto& membership : o.memberships)
    if (o.role_name(membership.role) == finding.subject.name && o.role_name(membership.member) == finding.subject.part)
      step.statements = revoke_membership(o, membership, admin);
  step.reason = "what a member of it reaches, no policy and no grant keeps back";
  step.undo = fmt::format("GRANT {} TO {}{}", quoted(finding.subject.name), quoted(finding.subject.part),
                          admin ? " WITH ADMIN OPTION" : "");
}

}  // namespace

void mend_roles(const Finding& finding, Draft& draft) {
  const TenancyRoles& roles = draft.contract().tenancy->roles;
  const std::string& role = finding.subject.name;
  Step step;
  step.object = "role " + quoted(role);
  step.reason = purpose_of(roles, role);
  step.lock = "none";
  if (finding.tagged("missing")) {
    step.statements = {fmt::format("CREATE ROLE {} {}", quoted(role), attributes_of(roles, role))};
    step.needed_if = fmt::format(
        "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) {}::pg_catalog.name)",
        quoted_literal(role));
    step.undo = fmt::format("DROP ROLE {}", quoted(role));
  } else if (finding.tagged("attributes")) {
    step.statements = {fmt::format("ALTER ROLE {} {}", quoted(role), attributes_of(roles, role))};
    step.undo = "ALTER ROLE with the attributes it had";
  } else if (finding.tagged("excess") || finding.tagged("admin")) {
    revoke_members(finding, draft, step);
  } else {  // membership of `part` in the role
    const std::string& member = finding.subject.part;
    // A member that administers needs the owner's rights at hand; the migrator must ask for them by SET ROLE.
    const std::string options = !draft.server_is_at_least(16) ? ""
                                : member == roles.migrator    ? " WITH INHERIT FALSE, SET TRUE"
                                                              : " WITH INHERIT TRUE, SET TRUE";
    step.statements = {fmt::format("GRANT {} TO {}{}", quoted(role), quoted(member), options)};
    step.undo = fmt::format("REVOKE {} FROM {}", quoted(role), quoted(member));
  }
  draft.add(Phase::Roles, finding, std::move(step));
}

void mend_ledger(const Finding& finding, Draft& draft) {
  const auto& tenancy = draft.contract().tenancy;
  const std::string definer = tenancy ? quoted(tenancy->roles.definer) : "CURRENT_USER";
  Step step;
  step.object = "schema pgcontract";
  step.reason = "the tenant registry, the job journal and the evidence are kept in the database they speak of";
  step.lock = "none";
  step.undo = "DROP SCHEMA pgcontract CASCADE";
  std::string_view rest = find_embedded(embedded_texts(), "sql/ledger.sql");
  while (rest.starts_with("--")) rest.remove_prefix(rest.find('\n') + 1);
  constexpr std::string_view kSeparator = "\n--;\n";
  while (!rest.empty()) {
    const auto end = rest.find(kSeparator);
    std::string statement(rest.substr(0, end));
    while (statement.ends_with('\n')) statement.pop_back();
    step.statements.push_back(replaced(std::move(statement), "{definer}", definer));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + kSeparator.size());
  }
  draft.add(Phase::Ledger, finding, std::move(step));
}

void mend_guard(const Finding& finding, Draft& draft) {
  const TenancyRoles& roles = draft.contract().tenancy->roles;
  for (const auto& function : tenancy::guard_functions(draft.contract())) {
    if (!finding.subject.name.starts_with(function.name)) continue;
    const std::string name = fmt::format("{}.{}()", tenancy::kSchema, function.name);
    Step step;
    step.object = "function " + name;
    step.reason = function.name == "role_tenant" ? "policies bind rows to the role, which a tenant cannot change"
                                                 : "sessions check at checkout that they stay within their tenant";
    step.lock = "none";
    step.statements = {
        function.definition, fmt::format("ALTER FUNCTION {} OWNER TO {}", name, quoted(roles.definer)),
        fmt::format("REVOKE ALL ON FUNCTION {} FROM PUBLIC", name),
        fmt::format("GRANT EXECUTE ON FUNCTION {} TO {}, {}", name, quoted(roles.tenant_group), quoted(roles.owner)),
        fmt::format("GRANT USAGE ON SCHEMA {} TO {}, {}", tenancy::kSchema, quoted(roles.tenant_group),
                    quoted(roles.owner))};
    step.undo = fmt::format("DROP FUNCTION {}", name);
    draft.add(Phase::Guard, finding, std::move(step));
  }
}

}  // namespace pgcontract::plan
