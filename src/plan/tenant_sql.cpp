#include "plan/tenant_sql.hpp"

#include <fmt/format.h>

namespace pgcontract::plan {

TenantNames names_of(const Contract& contract, const Uuid& id) {
  const Tenancy& tenancy = *contract.tenancy;
  return {id, quoted(tenancy.schema_of(id)), quoted(tenancy.role_of(id)), quoted(tenancy.roles.owner)};
}

std::string evidence(std::string_view kind, const Uuid& tenant, std::string_view detail) {
  return evidence(kind, tenant, detail, "");
}

std::string evidence(std::string_view kind, const Uuid& tenant, std::string_view detail, std::string_view from) {
  return fmt::format(
      "INSERT INTO pgcontract.evidence (kind, subject, job, detail) SELECT {}, {}, (SELECT j.id FROM pgcontract.job AS "
      "j "
      "WHERE j.state OPERATOR(pg_catalog.=) 'running' LIMIT 1), {}{}{}",
      quoted_literal(kind), quoted_literal(tenant.canonical()), detail, from.empty() ? "" : " FROM ", from);
}

std::string do_block(std::string_view body) {
  std::string tag = "$pgcontract$";
  for (int i = 1; body.find(tag) != std::string_view::npos; ++i) tag = fmt::format("$pgcontract{}$", i);
  return fmt::format("DO {0}{1}{0}", tag, body);
}

std::vector<std::string> revoke_membership(const Observation& observation, const Membership& membership,
                                           bool admin_alone) {
  const std::string revoke =
      fmt::format("REVOKE {}{} FROM {}", admin_alone ? "ADMIN OPTION FOR " : "",
                  quoted(observation.role_name(membership.role)), quoted(observation.role_name(membership.member)));
  std::vector<std::string> statements;
  for (const auto grantor : membership.grantors)
    statements.push_back(fmt::format("{} GRANTED BY {} CASCADE", revoke, quoted(grantor)));
  if (statements.empty()) statements.push_back(revoke);
  return statements;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace pgcontract::plan
