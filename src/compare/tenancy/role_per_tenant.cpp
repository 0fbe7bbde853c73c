// The tenant's role is the tenant's identity: sessions log in as it, and the row policies ask for its name. So it must
// be there, must be weak, and must be in nothing but the group of all tenants.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

struct Owned {
  std::size_t count = 0;
  std::string first;
};
using OwnedByRole = std::unordered_map<Oid, Owned>;

struct Attribute {
  bool Role::* held;
  std::string_view name;
};
constexpr Attribute kForbidden[] = {{&Role::superuser, "SUPERUSER"},
                                    {&Role::create_role, "CREATEROLE"},
                                    {&Role::create_database, "CREATEDB"},
                                    {&Role::replication, "REPLICATION"},
                                    {&Role::bypass_rls, "BYPASSRLS"}};

Subject role_subject(std::string_view role, std::string_view part = {}) {
  return {"role", "", std::string(role), std::string(part)};
}

Finding finding_on(const Role& role, std::string message, std::vector<std::string> tags, std::string_view part = {}) {
  return wording::finding(role_subject(role.name, part), std::move(message), std::move(tags));
}

void judge_attributes(const Role& role, bool suspended, std::vector<Finding>& findings) {
  std::vector<std::string> held, wanted;
  const auto differ = [&](std::string_view is, std::string_view should) {
    held.emplace_back(is);
    wanted.emplace_back(should);
  };
  if (role.login == suspended) differ(role.login ? "LOGIN" : "NOLOGIN", role.login ? "NOLOGIN" : "LOGIN");
  for (const auto& attribute : kForbidden)
    if (role.*attribute.held) differ(attribute.name, fmt::format("NO{}", attribute.name));
  if (!role.inherits) differ("NOINHERIT", "INHERIT");
  if (held.empty()) return;
  findings.push_back(
      finding_on(role,
                 fmt::format("is {}, {} {}", fmt::join(held, " "),
                             suspended ? "its tenant is suspended, wanted" : "wanted", fmt::join(wanted, " ")),
                 {"attributes", fmt::format("wanted:{}", fmt::join(wanted, " "))}));
}

// One membership may have several rows on PostgreSQL 16+, one a grantor; what they allow adds up.
void judge_memberships(const Judged& judged, const Role& role, std::vector<Finding>& findings) {
  const std::string& group = judged.contract.tenancy->roles.tenant_group;
  const bool per_grant = judged.observation.server.version_num >= 160000;
  bool in_group = false;
  const auto rows = std::ranges::equal_range(judged.observation.memberships, role.oid, {}, &Membership::member);
  for (auto at = rows.begin(); at != rows.end();) {
    Membership sum = *at;
    for (++at; at != rows.end() && at->role == sum.role; ++at) {
      sum.inherit |= at->inherit;
      sum.set |= at->set;
      sum.admin |= at->admin;
    }
    const std::string name(judged.observation.role_name(sum.role));
    if (name != group) {
      findings.push_back(finding_on(role,
                                    fmt::format("is a member of {}, wanted of {} only", quoted(name), quoted(group)),
                                    {"membership", "excess"}, name));
      continue;
    }
    in_group = true;
    const auto word = [](bool value) { return value ? "TRUE" : "FALSE"; };
    if (per_grant && (!sum.inherit || sum.set || sum.admin))
      findings.push_back(finding_on(role,
                                    fmt::format("is a member of {} with INHERIT {}, SET {}, ADMIN {}, wanted INHERIT "
                                                "TRUE, SET FALSE, ADMIN FALSE",
                                                quoted(group), word(sum.inherit), word(sum.set), word(sum.admin)),
                                    {"membership", "options"}, group));
    else if (!per_grant && sum.admin)
      findings.push_back(finding_on(role, fmt::format("may admit others to {}, wanted no ADMIN OPTION", quoted(group)),
                                    {"membership", "admin"}, group));
  }
  if (!in_group)
    findings.push_back(
        finding_on(role, fmt::format("is not a member of {}", quoted(group)), {"membership", "missing"}, group));
}

void judge_settings(const Judged& judged, const Uuid& tenant, const Role& role, std::vector<Finding>& findings) {
  std::vector<std::string> wrong;
  for (const auto& wanted : tenancy::role_settings(judged.contract, tenant)) {
    const std::string key = wanted.substr(0, wanted.find('=') + 1);
    // The first with the key is in force: those for this database stand before those for all.
    const auto held = std::ranges::find_if(role.settings, [&](Text text) { return text.starts_with(key); });
    if (held == role.settings.end())
      wrong.push_back(fmt::format("lacks setting {}", wanted));
    else if (*held != wanted)
      wrong.push_back(fmt::format("has setting {}, wanted {}", *held, wanted));
  }
  if (!wrong.empty()) findings.push_back(finding_on(role, fmt::format("{}", fmt::join(wrong, "; ")), {"settings"}));
}

OwnedByRole owned_objects(const Judged& judged, const std::vector<tenancy::TenantState>& tenants) {
  const Observation& o = judged.observation;
  OwnedByRole owned;
  for (const auto& tenant : tenants)
    if (tenant.role) owned.emplace(tenant.role->oid, Owned{});
  const auto count = [&](Oid owner, const auto& describe) {
    const auto at = owned.find(owner);
    if (at != owned.end() && at->second.count++ == 0) at->second.first = describe();
  };
  for (const auto& database : o.databases)
    count(database.owner, [&] { return fmt::format("database {}", quoted(database.name)); });
  for (const auto& schema : o.schemas)
    count(schema.owner, [&] { return fmt::format("schema {}", quoted(schema.name)); });
  for (const auto& relation : o.relations)
    count(relation.owner, [&] { return fmt::format("{} {}", kind_of(relation), o.name_of(relation)); });
  for (const auto& function : o.functions)
    count(function.owner, [&] { return fmt::format("function {}", o.name_of(function)); });
  return owned;
}

void judge_ownership(const Judged& judged, const Role& role, const Owned& owned, std::vector<Finding>& findings) {
  if (owned.count == 0) return;
  auto finding = finding_on(role,
                            fmt::format("owns {}{}, wanted nothing", owned.first,
                                        owned.count == 1 ? "" : fmt::format(" and {} more", owned.count - 1)),
                            {"owns"});
  // Not done by itself: a SECURITY DEFINER function a tenant wrote would run as the owner of everything.
  finding.consider =
      fmt::format("REASSIGN OWNED BY {} TO {}", quoted(role.name), quoted(judged.contract.tenancy->roles.owner));
  findings.push_back(std::move(finding));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const auto tenants = tenancy::tenants(judged.contract, judged.observation);
  const OwnedByRole owned = owned_objects(judged, tenants);
  Examined result;
  std::size_t registered = 0;
  for (const auto& tenant : tenants) {
    if (!tenant.registered || tenant.registered->state == "deleted") {
      if (!tenant.role) continue;
      result.findings.push_back(finding_on(
          *tenant.role,
          tenant.registered ? "belongs to a tenant that was deleted" : "belongs to no tenant of the registry",
          {"unregistered"}));
      result.findings.back().consider = fmt::format(
          "DROP ROLE {} -- unless another database of this cluster has the tenant", quoted(tenant.role->name));
      continue;
    }
    ++registered;
    if (!tenant.role) {
      result.findings.push_back(
          wording::finding(role_subject(judged.contract.tenancy->role_of(tenant.id)),
                           fmt::format("is missing, tenant {} is registered", tenant.id.canonical()), {"missing"}));
      continue;
    }
    judge_attributes(*tenant.role, tenant.registered->state == "suspended", result.findings);
    judge_memberships(judged, *tenant.role, result.findings);
    judge_settings(judged, tenant.id, *tenant.role, result.findings);
    judge_ownership(judged, *tenant.role, owned.at(tenant.role->oid), result.findings);
  }
  result.examined = counted(registered, "registered tenant");
  return result;
}

}  // namespace

const Clause kTenancyRolePerTenant = {
    .id = "tenancy.role_per_tenant",
    .title = "every tenant has a role of its own that can do nothing but its tenant's work",
    .sentence = "API services authenticate using role `app_tenant_<id>` with `SET ROLE` on connection checkout.",
    .why =
        "The row policies believe the role's name, and connection limits, timeouts, suspension and the server's log "
        "all hang on the role a session logged in as. A tenant's role that owns things may grant them away or switch "
        "its policies off; one that is SUPERUSER or BYPASSRLS meets no policy at all; one that is a member of a "
        "second role has that role's privileges too. A suspended tenant is one whose role cannot log in.",
    .needs = {Fact::Server, Fact::Databases, Fact::Roles, Fact::Schemas, Fact::Relations, Fact::Functions,
              Fact::Registry},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
