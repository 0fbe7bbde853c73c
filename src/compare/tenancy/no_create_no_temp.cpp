// Whoever can create objects, even temporary ones, can put a function or table where somebody else's query will find
// it. PostgreSQL gives TEMPORARY and CONNECT on a new database to everyone.

#include <fmt/format.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

bool is_judged(const Tenancy& tenancy, std::string_view grantee) {
  return grantee.empty() || grantee == tenancy.roles.tenant_group || tenancy.tenant_of_role(grantee);
}

Subject with_grantee(std::string kind, std::string_view name, std::string_view grantee) {
  return {std::move(kind), "", std::string(name), wording::grantee_name(grantee)};
}

// The grantees of an acl that this clause judges, each once.
std::vector<std::string> judged_grantees(const Tenancy& tenancy, const std::vector<AclItem>& acl) {
  std::vector<std::string> grantees;
  for (const auto& item : acl)
    if (is_judged(tenancy, item.grantee) && std::ranges::find(grantees, item.grantee) == grantees.end())
      grantees.push_back(item.grantee);
  return grantees;
}

// A REVOKE takes back what the owner granted; what came from somebody else must be revoked in that one's name.
std::vector<std::string> with_grantors(std::vector<std::string> tags, const std::vector<AclItem>& acl,
                                       std::string_view grantee, Text owner) {
  std::vector<std::string> grantors;
  for (const auto& item : acl)
    if (item.grantee == grantee) grantors.push_back("grantor:" + item.grantor);
  if (std::ranges::count(grantors, fmt::format("grantor:{}", owner)) != std::ssize(grantors))
    tags.insert(tags.end(), grantors.begin(), grantors.end());
  return tags;
}

void judge_database(const Judged& judged, const Database& database, std::vector<Finding>& findings) {
  const Tenancy& tenancy = *judged.contract.tenancy;
  const std::string& group = tenancy.roles.tenant_group;
  const auto acl = effective_acl(database.acl, 'd', judged.observation.role_name(database.owner));
  for (const auto& grantee : judged_grantees(tenancy, acl)) {
    const std::string_view allowed = grantee.empty() ? "" : "c";
    const std::string excess = wording::without(privileges_of(acl, grantee), allowed);
    if (!excess.empty())
      findings.push_back(wording::finding(with_grantee("database", database.name, grantee),
                                          fmt::format("{} holds {}, wanted {}", wording::grantee_shown(grantee),
                                                      privilege_names(excess), wording::privileges_or_nothing(allowed)),
                                          with_grantors(wording::privilege_tags("excess", excess, grantee), acl,
                                                        grantee, judged.observation.role_name(database.owner))));
  }
  if (privileges_of(acl, group).find('c') == std::string::npos)
    findings.push_back(wording::finding(with_grantee("database", database.name, group),
                                        fmt::format("{} lacks CONNECT", quoted(group)),
                                        wording::privilege_tags("missing", "c", group)));
}

void judge_schema(const Judged& judged, const Schema& schema, std::vector<Finding>& findings) {
  // Parsed only where somebody holds CREATE at all; without an acl that is the owner alone.
  if (schema.acl.find('C') == Text::npos) return;
  const auto acl = parse_acl(schema.acl);
  for (const auto& grantee : judged_grantees(*judged.contract.tenancy, acl))
    if (privileges_of(acl, grantee).find('C') != std::string::npos)
      findings.push_back(wording::finding(with_grantee("schema", schema.name, grantee),
                                          fmt::format("{} holds CREATE", wording::grantee_shown(grantee)),
                                          with_grantors(wording::privilege_tags("excess", "C", grantee), acl, grantee,
                                                        judged.observation.role_name(schema.owner))));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const Observation& o = judged.observation;
  Examined result;
  const Database* database = o.database();
  if (!database) {
    result.unknown = "the database is not in its own catalog of databases";
    return result;
  }
  judge_database(judged, *database, result.findings);
  for (const auto& schema : o.schemas) judge_schema(judged, schema, result.findings);
  result.examined = fmt::format("database {} and {}", quoted(database->name), counted(o.schemas.size(), "schema"));
  return result;
}

}  // namespace

const Clause kTenancyNoCreateNoTemp = {
    .id = "tenancy.no_create_no_temp",
    .title = "tenants can create nothing, not even temporary tables, and only they may connect",
    .sentence = "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries.",
    .why =
        "An object that a tenant creates waits for somebody with more rights to trip over it: an operator on the "
        "search_path of a migration, a temporary table that shadows a real one in a function, or is left in a pooled "
        "session for the next tenant to fill. Tenants run on the objects that migrations made. PUBLIC holds "
        "TEMPORARY and CONNECT on every new database, and before PostgreSQL 15 CREATE on schema public: all three "
        "are to be revoked, so that those who may connect are those who were named.",
    .needs = {Fact::Databases, Fact::Roles, Fact::Schemas},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
