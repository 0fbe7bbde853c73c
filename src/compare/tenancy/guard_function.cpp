// The functions that stand at the boundary: role_tenant(), which the binding policies ask, checkout(), which a session
// calls when a pool hands it out, and assert_boundary() behind that. Whoever changes them changes what every policy
// means, so that they must be ours to the letter.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

const Function* find_function(const Observation& o, std::string_view name) {
  const Schema* schema = o.schema_named(tenancy::kSchema);
  if (!schema) return nullptr;
  for (const auto& function : o.functions_of(schema->oid))
    if (function.name == name && function.arguments.empty()) return &function;
  return nullptr;
}

Subject subject_for(const tenancy::GuardFunction& guard, std::string_view grantee = {}) {
  return {"function", std::string(tenancy::kSchema), guard.name + "()", std::string(grantee)};
}

void judge_definition(const Judged& judged, const tenancy::GuardFunction& guard, const Function& function,
                      std::vector<Finding>& findings) {
  const Text owner = judged.observation.role_name(function.owner);
  std::vector<std::string> tags{"changed"};
  std::vector<std::string> differences;
  const auto differ = [&](std::string tag, std::string text) {
    tags.push_back(std::move(tag));
    differences.push_back(std::move(text));
  };
  if (function.source != guard.source) differ("body", "its body is another");
  if (function.language != guard.language || function.kind != 'f')
    differ("language", fmt::format("its language is {}, wanted {}", function.language, guard.language));
  if (owner != judged.contract.tenancy->roles.definer)
    differ("owner",
           fmt::format("its owner is {}, wanted {}", quoted(owner), quoted(judged.contract.tenancy->roles.definer)));
  if (function.security_definer != guard.security_definer)
    differ("security", guard.security_definer ? "it is SECURITY INVOKER, wanted SECURITY DEFINER"
                                              : "it is SECURITY DEFINER, wanted SECURITY INVOKER");
  if (function.settings != (guard.pinned ? std::vector<Text>{tenancy::kPinnedPath} : std::vector<Text>{}))
    differ("settings",
           fmt::format("it sets {}, wanted {}",
                       function.settings.empty() ? "nothing" : fmt::format("{}", fmt::join(function.settings, " and ")),
                       guard.pinned ? tenancy::kPinnedPath : "nothing"));
  if (!differences.empty())
    findings.push_back(wording::finding(
        subject_for(guard), fmt::format("is not as designed: {}", fmt::join(differences, "; ")), std::move(tags)));
}

void judge_grants(const Judged& judged, const tenancy::GuardFunction& guard, const Function& function,
                  std::vector<Finding>& findings) {
  const std::string& group = judged.contract.tenancy->roles.tenant_group;
  const auto acl = effective_acl(function.acl, 'f', judged.observation.role_name(function.owner));
  const auto add = [&](std::string_view grantee, std::string_view what, std::string message) {
    auto tags = wording::privilege_tags(what, "X", grantee);
    tags.emplace_back("grants");
    findings.push_back(
        wording::finding(subject_for(guard, wording::grantee_name(grantee)), std::move(message), std::move(tags)));
  };
  if (!privileges_of(acl, "").empty()) add("", "excess", "PUBLIC holds EXECUTE, wanted nothing");
  if (privileges_of(acl, group).empty()) add(group, "missing", fmt::format("{} lacks EXECUTE", quoted(group)));
  if (std::ranges::any_of(acl, [&](const AclItem& item) { return item.grantee == group && !item.grantable.empty(); }))
    add(group, "grant_option", fmt::format("{} may pass on EXECUTE, wanted no grant option", quoted(group)));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const auto guards = tenancy::guard_functions(judged.contract);
  Examined result;
  for (const auto& guard : guards) {
    const Function* function = find_function(judged.observation, guard.name);
    if (!function) {
      result.findings.push_back(wording::finding(subject_for(guard), "is missing", {"missing"}));
      continue;
    }
    judge_definition(judged, guard, *function, result.findings);
    judge_grants(judged, guard, *function, result.findings);
  }
  result.examined = counted(guards.size(), "guard function");
  return result;
}

}  // namespace

const Clause kTenancyGuardFunction = {
    .id = "tenancy.guard_function",
    .title = "the guard functions stand as designed, for tenants to call and for nobody to change",
    .sentence = "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries.",
    .why =
        "The binding policies believe role_tenant(), and pools believe checkout() and assert_boundary(). A guard with "
        "another "
        "body can name any tenant; one without a pinned search_path runs the caller's operators as its own; one that "
        "a tenant could replace is no guard. It takes no arguments, because a tenant would choose them, and it only "
        "checks: a SECURITY DEFINER function cannot switch roles. Tenants must be able to call it, PUBLIC need not.",
    .needs = {Fact::Roles, Fact::Schemas, Fact::Functions},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
