// The four roles the design rests on. What they may not do matters as much as that they exist: an owner that can log
// in, or a definer with a member, undoes everything built on them.

#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

struct DesignRole {
  std::string name;
  bool login = false;
  bool inherits = true;
};

std::vector<DesignRole> design_roles(const TenancyRoles& roles) {
  return {{roles.owner}, {roles.definer}, {roles.tenant_group}, {roles.migrator, /*login=*/true, /*inherits=*/false}};
}

Subject role_subject(const std::string& role, std::string_view part = {}) {
  return {"role", "", role, std::string(part)};
}

void judge_role(const Judged& judged, const DesignRole& wanted, std::vector<Finding>& findings) {
  const Role* role = judged.observation.role_named(wanted.name);
  if (!role) {
    findings.push_back(wording::finding(role_subject(wanted.name), "is missing", {"missing"}));
    return;
  }
  std::vector<std::string> wrong;
  if (role->login != wanted.login) wrong.push_back(wanted.login ? "cannot log in" : "can log in");
  if (role->inherits != wanted.inherits) wrong.push_back(wanted.inherits ? "does not inherit" : "inherits");
  if (role->superuser) wrong.push_back("is a superuser");
  if (role->create_role) wrong.push_back("may create roles");
  if (role->create_database) wrong.push_back("may create databases");
  if (role->replication) wrong.push_back("may replicate");
  if (role->bypass_rls) wrong.push_back("bypasses row-level security");
  if (!wrong.empty())
    findings.push_back(
        wording::finding(role_subject(wanted.name), fmt::format("{}", fmt::join(wrong, ", ")), {"attributes"}));
}

const Membership* find_membership(const Observation& o, std::string_view role, std::string_view member) {
  const Role* group = o.role_named(role);
  const Role* who = o.role_named(member);
  if (!group || !who) return nullptr;
  for (const auto& membership : o.memberships)
    if (membership.role == group->oid && membership.member == who->oid && membership.set) return &membership;
  return nullptr;
}

void judge_membership(const Judged& judged, const std::string& role, std::string_view member,
                      std::vector<Finding>& findings) {
  if (!find_membership(judged.observation, role, member))
    findings.push_back(wording::finding(role_subject(role, member), fmt::format("{} may not become it", quoted(member)),
                                        {"membership"}));
}

// From PostgreSQL 16 on a grant may inherit although its member does not; before, the member's attribute says it all.
void judge_inheritance(const Judged& judged, const TenancyRoles& roles, std::vector<Finding>& findings) {
  const Role* migrator = judged.observation.role_named(roles.migrator);
  const Membership* membership = find_membership(judged.observation, roles.owner, roles.migrator);
  if (!migrator || migrator->inherits || !membership || !membership->inherit) return;
  findings.push_back(wording::finding(
      role_subject(roles.owner, roles.migrator),
      fmt::format("{} inherits its rights, wanted by SET ROLE only", quoted(roles.migrator)), {"membership"}));
}

// A role with CREATEROLE is taken for the one that administers: from 16 on it is a member of every role it made.
bool may_be_anybody(const Role& role) { return role.superuser || role.create_role; }

// Whoever is a member of owner, definer or migrator can do what they can; and what these four are members of, they can.
void judge_members(const Judged& judged, const Tenancy& tenancy, std::vector<Finding>& findings) {
  const TenancyRoles& roles = tenancy.roles;
  const auto add = [&](const Role& role, const Role& member, std::string message, std::string_view tag) {
    findings.push_back(wording::finding(role_subject(std::string(role.name), member.name), std::move(message),
                                        {"membership", std::string(tag)}));
  };
  for (const auto& membership : judged.observation.memberships) {
    const Role* role = judged.observation.role(membership.role);
    const Role* member = judged.observation.role(membership.member);
    if (!role || !member) continue;
    const bool of_design =
        std::ranges::any_of(design_roles(roles), [&](const DesignRole& each) { return each.name == member->name; });
    if (role->name == roles.owner && member->name == roles.migrator) {
      if (membership.admin)
        add(*role, *member, fmt::format("{} may admit others to it, wanted no ADMIN OPTION", quoted(member->name)),
            "admin");
    } else if (of_design) {
      add(*role, *member,
          fmt::format("{} is a member of it, wanted of nothing{}", quoted(member->name),
                      member->name == roles.migrator ? " but " + quoted(roles.owner) : ""),
          "excess");
    } else if (role->name == roles.owner || role->name == roles.definer || role->name == roles.migrator) {
      // A tenant's memberships are tenancy.role_per_tenant's.
      if (may_be_anybody(*member) || tenancy.tenant_of_role(member->name)) continue;
      add(*role, *member,
          fmt::format("{} is a member of it, wanted {}", quoted(member->name),
                      role->name == roles.owner ? "nobody but " + quoted(roles.migrator) : "nobody"),
          "excess");
    }
  }
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const TenancyRoles& roles = judged.contract.tenancy->roles;
  Examined result;
  for (const auto& wanted : design_roles(roles)) judge_role(judged, wanted, result.findings);
  judge_membership(judged, roles.owner, roles.migrator, result.findings);
  judge_inheritance(judged, roles, result.findings);
  judge_members(judged, *judged.contract.tenancy, result.findings);
  // Whoever brings the cluster to the contract without being a superuser must be able to act for the owners. Only a
  // role that may create roles is taken for one; a monitoring role that merely verifies needs nothing.
  const ServerFacts& server = judged.observation.server;
  const Role* self = judged.observation.role_named(server.current_role);
  if (self && !self->superuser && self->create_role) {
    judge_membership(judged, roles.owner, self->name, result.findings);
    judge_membership(judged, roles.definer, self->name, result.findings);
  }
  result.examined = "4 roles";
  return result;
}

}  // namespace

const Clause kTenancyDesignRoles = {
    .id = "tenancy.design_roles",
    .title = "owner, definer, tenant group and migrator exist and can do no more than their part",
    .sentence = "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries.",
    .why =
        "One owner that cannot log in owns every object, so that no session is ever exempt from a policy as a table's "
        "owner. The definer owns only the guard functions, so that a hole in one of them reaches nothing else. The "
        "tenant "
        "group is the only grantee on shared tables: direct grants stop working at tenant 2,167, when the table's ACL "
        "outgrows its catalog row. The migrator logs in without rights and must ask for the owner's by SET ROLE.",
    .needs = {Fact::Server, Fact::Roles},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
