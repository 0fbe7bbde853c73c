// The strict profile: functions and views of the catalog that everybody may use on a fresh server, and that tenants are
// better without. Off by default, since object-relational mappers and dump programs call some of them.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/strict.hpp"

namespace pgcontract::compare {
namespace {

std::string_view privilege_of(const SystemObject& object) { return object.kind == 'f' ? "EXECUTE" : "SELECT"; }

std::vector<AclItem> acl_of(const SystemObject& object) {
  if (!object.acl.empty()) return parse_acl(object.acl);
  return object.kind == 'f' ? std::vector<AclItem>{{"", "X", "", ""}} : std::vector<AclItem>{};
}

bool holds(const std::vector<AclItem>& acl, const SystemObject& object, std::string_view grantee) {
  return privileges_of(acl, grantee).find(object.kind == 'f' ? 'X' : 'r') != std::string::npos;
}

Finding finding_on(const Judged& judged, const SystemObject& object, std::string message, std::string_view tag,
                   const std::vector<std::string>& keepers, const std::vector<std::string>& holders = {}) {
  std::vector<std::string> tags{std::string(tag), fmt::format("kind:{}", object.kind)};
  for (const auto& keeper : keepers) tags.push_back("keeper:" + keeper);
  for (const auto& holder : holders) tags.push_back("holder:" + holder);
  Finding finding = wording::finding(
      {object.kind == 'f' ? "function" : "view", "pg_catalog", std::string(object.name), ""}, std::move(message), tags);
  if (!judged.observation.server.current_role_superuser)
    finding.consider = fmt::format("the same plan as a superuser: {} owns no system object",
                                   quoted(judged.observation.server.current_role));
  return finding;
}

void judge_strict(const Judged& judged, const SystemObject& object, const tenancy::StrictName& name,
                  std::vector<Finding>& findings) {
  const auto acl = acl_of(object);
  std::vector<std::string> wrong;
  if (holds(acl, object, "")) wrong.push_back(fmt::format("PUBLIC holds {}, wanted nothing", privilege_of(object)));
  const std::vector<std::string> kept_by = tenancy::strict_keepers(judged.contract, name);
  std::vector<std::string> keepers, holders;
  for (const auto& item : acl) {
    const Tenancy& tenancy = *judged.contract.tenancy;
    const bool tenants = item.grantee == tenancy.roles.tenant_group || tenancy.tenant_of_role(item.grantee);
    if (!tenants || !holds(acl, object, item.grantee) || std::ranges::count(holders, item.grantee) > 0 ||
        std::ranges::count(kept_by, item.grantee) > 0)
      continue;
    holders.push_back(item.grantee);
    wrong.push_back(fmt::format("{} holds {}, wanted nothing", quoted(item.grantee), privilege_of(object)));
  }
  for (const auto& keeper : kept_by)
    if (const Role* role = judged.observation.role_named(keeper); role && !role->superuser) {
      keepers.push_back(keeper);
      if (!holds(acl, object, keeper))
        wrong.push_back(fmt::format("{} lacks {}", quoted(keeper), privilege_of(object)));
    }
  if (!wrong.empty())
    findings.push_back(finding_on(judged, object, fmt::format("{}", fmt::join(wrong, "; ")), "take", keepers, holders));
}

// Only what the strict profile took, by the owner's entry: what others took from PUBLIC is not ours to give back.
void judge_standard(const Judged& judged, const SystemObject& object, const tenancy::StrictName& name,
                    std::vector<Finding>& findings) {
  const auto acl = acl_of(object);
  if (!holds(acl, object, judged.contract.tenancy->roles.owner) || holds(acl, object, "")) return;
  std::vector<std::string> keepers;
  for (const auto& keeper : tenancy::strict_keepers(judged.contract, name))
    if (holds(acl, object, keeper)) keepers.push_back(keeper);
  findings.push_back(finding_on(
      judged, object,
      fmt::format("PUBLIC lacks {}: profile strict took it, the contract's is standard", privilege_of(object)),
      "give_back", keepers));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const bool strict = judged.contract.tenancy->profile == TenancyProfile::Strict;
  Examined result;
  std::size_t objects = 0;
  for (const auto& object : judged.observation.system_objects) {
    const tenancy::StrictName* name = tenancy::strict_name_of(object);
    if (!name) continue;
    ++objects;
    (strict ? judge_strict : judge_standard)(judged, object, *name, result.findings);
  }
  // A fresh server has some of each name; none at all means that nobody looked.
  if (objects == 0) result.unknown = "no function of the catalog was observed";
  result.examined = strict ? fmt::format("{} of the catalog", counted(objects, "object"))
                           : "the contract's profile is standard: catalog functions are left to PUBLIC";
  return result;
}

}  // namespace

const Clause kTenancyStrictCatalog = {
    .id = "tenancy.strict_catalog",
    .title = "the catalog's functions and views are PUBLIC's as the contract's profile says",
    .sentence =
        "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries (design rule: and with "
        "profile strict, catalog functions that reach across are taken from PUBLIC).",
    .why =
        "Some functions that every role may call reach past a tenant's own data: set_config changes the session from "
        "within an expression, query_to_xml runs SQL out of a string, advisory locks and notifications are shared by "
        "all tenants of a database, sizes and activity counters tell of others. None of them reads another tenant's "
        "rows, so that the standard profile leaves them alone; the strict profile takes them from PUBLIC, and "
        "PostgREST, pg_dump as a tenant and some mappers no longer work. Back at standard, what strict took is given "
        "back.",
    .needs = {Fact::Server, Fact::Roles, Fact::SystemObjects},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
